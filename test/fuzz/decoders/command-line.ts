/** What people type, and what comes back to their screen. */

import { manifest } from '../../../plugins/render/manifest.ts';
import { errorOf } from '../../../src/api/problem.ts';
import { buildTree } from '../../../src/cli/command-tree.ts';
import { api } from '../../../src/cli/commands/api.ts';
import { audit } from '../../../src/cli/commands/audit.ts';
import { invite } from '../../../src/cli/commands/invite.ts';
import { rotateSecret } from '../../../src/cli/commands/rotate-secret.ts';
import { createToken } from '../../../src/cli/commands/token.ts';
import { timeoutOf } from '../../../src/cli/commands/wait.ts';
import type { Context } from '../../../src/cli/context.ts';
import { readDuration } from '../../../src/cli/duration.ts';
import { jsonText, oneLine, printable } from '../../../src/cli/output/style.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { Decoder } from '../decoder.ts';

const noDaemon = (): never => {
  throw new SupervmError('no-daemon', 'No daemon runs here.');
};
/** A machine without a daemon: flags are read before anybody is asked. */
const context = {
  client: () => ({ call: noDaemon }),
  paths: { home: '/nowhere', run: '/nowhere/run', socket: '/nowhere/run/supervm.sock' },
  output: { terminal: { canAsk: false, out: () => undefined }, note: () => undefined, show: (shown: { human(): string }) => shown.human() },
  workingFolder: '/nowhere',
  signal: new AbortController().signal,
} as unknown as Context;

const quiet = { writeOut: () => undefined, writeErr: () => undefined };
const { root } = buildTree({ version: '1.2.3', manifests: [manifest], context: noDaemon });
for (const command of [root, ...root.commands.flatMap((one) => [one, ...one.commands])]) command.configureOutput(quiet);

const escapes = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Who comes as far as asking the daemon has understood everything. */
async function asks(command: Promise<unknown>): Promise<void> {
  try {
    await command;
  } catch (error) {
    if (!(error instanceof SupervmError) || error.code !== 'no-daemon') throw error;
  }
}

function textsOf(value: unknown): Record<string, string> {
  const given = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(given.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

export const commandLineDecoders: readonly Decoder[] = [
  { kind: 'text', name: 'durations', samples: ['90d', '12h', '30 min', '45s', '2w'], run: (text) => readDuration(text, '--expires') },
  { kind: 'text', name: 'time-outs', samples: ['600', '0.5'], run: timeoutOf },
  {
    kind: 'value',
    name: 'command-lines',
    samples: [
      ['invite', '--role', 'worker', '--expires=1h', '--uses', '3', '--approve'],
      ['up', '--listen', '0.0.0.0:1', '--peer', 'a:1', '--no-discovery', '--http-port', '0'],
      ['token', 'create', '--name', 'ci', '--json'],
      ['node', 'remove', 'n2', '--yes', '-q'],
      ['render', 'a.blend', '--frames', '1-10', '-o', 'out'],
      ['rm', 'a', 'b', '--force'],
      ['--help'],
    ],
    run: (value) =>
      asks(
        root.parseAsync(
          (Array.isArray(value) ? value : [value]).filter((word) => typeof word === 'string'),
          { from: 'user' },
        ),
      ),
  },
  {
    kind: 'value',
    name: 'invite-flags',
    samples: [{ role: 'worker', expires: '1h', uses: '3' }],
    run: (value) => asks(invite(context, textsOf(value))),
  },
  { kind: 'value', name: 'token-flags', samples: [{ role: 'user', name: 'ci', expires: '90d' }], run: (value) => asks(createToken(context, textsOf(value))) },
  { kind: 'value', name: 'audit-flags', samples: [{ since: '2h', who: 'ci' }, { since: '2030-01-31' }], run: (value) => asks(audit(context, textsOf(value))) },
  { kind: 'value', name: 'rotate-flags', samples: [{ grace: '30d' }], run: (value) => asks(rotateSecret(context, textsOf(value))) },
  {
    kind: 'value',
    name: 'api-flags',
    samples: [{ path: 'jobs?phase=active', method: 'post', input: '-' }, { path: '/api/v1/status' }],
    run(value) {
      const { path = '', ...flags } = textsOf(value);
      return api(context, path, { ...flags, curl: true });
    },
  },
  {
    kind: 'value',
    name: 'problems',
    samples: [{ code: 'usage', message: 'm', hint: 'h' }],
    run(value) {
      if (!(errorOf(value, 500) instanceof SupervmError)) throw new Error('Cannot read: a problem that is no error');
    },
  },
  {
    kind: 'text',
    name: 'shown-texts',
    samples: ['frame\t1\r\ndone', '\u001b[2Jgone\u202eevil', 'é👩‍👧\ud800'],
    run(text) {
      const shown = [printable(text), oneLine(text), jsonText({ [text]: text })];
      if (shown.some((one) => escapes.test(one)) || shown[1]?.includes('\n') === true) throw new Error('Cannot read: what a terminal obeys is shown');
      if (Object.keys(JSON.parse(String(shown[2])) as object)[0] !== text) throw new Error('Cannot read: JSON says something else');
    },
  },
];
