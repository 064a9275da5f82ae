/** Examining in time, repairing, and the three outputs. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Examination, examineAll } from '../../../../src/cli/doctor/examine.ts';
import { check, type Finding } from '../../../../src/cli/doctor/finding.ts';
import { readSockets } from '../../../../src/cli/doctor/readers/listening.ts';
import { holderIn } from '../../../../src/cli/doctor/readers/lock-holder.ts';
import { repairAll, repairsOf } from '../../../../src/cli/doctor/repair.ts';
import { doctorText } from '../../../../src/cli/output/doctor-text.ts';
import { styleOf, widthOf } from '../../../../src/cli/output/style.ts';
import { runHere } from '../../../support/run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('examining', () => {
  const of = (name: string, look: Examination['look'], group: Examination['group'] = 'disk', limitMs = 60_000): Examination => ({ group, name, limitMs, look });

  test('ends although one look never does, and says which', async () => {
    const findings = await examineAll([of('a', async () => [check('disk', 'a').ok('well')]), of('b', () => new Promise(() => undefined), 'disk', 20)]);
    expect(findings).toMatchObject([
      { name: 'a', state: 'ok' },
      { name: 'b', state: 'warning', found: 'not known after 0.02 s' },
    ]);
  });

  test('goes on when one look fails, in the order in which people read', async () => {
    const findings = await examineAll([
      of('c', () => Promise.reject(new Error('odd')), 'limits'),
      of('d', async () => [check('runtime', 'd').none('nothing')], 'runtime'),
    ]);
    expect(findings).toMatchObject([{ name: 'd' }, { name: 'c', state: 'warning', cause: 'odd' }]);
  });
});

const bad = check('folders', 'private').failing('others can read it', {
  cause: 'Whoever reads the keys can join. '.repeat(5),
  advice: 'Close it:',
  commands: [`chmod 600 '/home/ann/${'long/'.repeat(30)}key'`],
  repairs: [{ kind: 'set-mode', path: '/x', mode: 0o600 }],
});
const findings: readonly Finding[] = [check('runtime', 'runtime').ok(`Node.js ${'24 '.repeat(60)}`), bad, check('network', 'evil').ok('n\u001b[2Jame')];

describe('the text', () => {
  test('fits into 80 columns, except for lines to type, which stay whole', () => {
    const lines = doctorText(findings, styleOf(true), 80).split('\n');
    expect(
      lines
        .filter((line) => widthOf(line) > 80)
        .map((line) =>
          line
            .replaceAll(String.fromCharCode(27), '')
            .replaceAll(/\[\d+m/g, '')
            .trim(),
        ),
    ).toEqual(bad.commands);
  });

  test('has no control code where the output is no terminal, whatever others are called', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    expect(doctorText(findings, styleOf(false), 80)).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test('counts, and says what --fix would do', () => {
    const text = doctorText(findings, styleOf(false), 80);
    expect(text).toContain('1 failing, 2 ok.');
    expect(text).toContain('close /x to other users');
  });
});

describe('repairing', () => {
  test('changes own files without asking, each once', async () => {
    const [key, socket] = [join(folder, 'node.key'), join(folder, 'socket')];
    for (const file of [key, socket]) writeFileSync(file, '');
    chmodSync(key, 0o644);
    const wrong = check('daemon', 'x').warning('', {
      cause: '',
      repairs: [
        { kind: 'set-mode', path: key, mode: 0o600 },
        { kind: 'remove', path: socket },
      ],
    });
    const repairs = repairsOf([wrong, wrong, { ...wrong, state: 'ok', repairs: [{ kind: 'remove', path: folder }] }]);
    expect(await repairAll(repairs, () => Promise.reject(new Error('nobody is to be asked')))).toMatchObject([{ done: true }, { done: true }]);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(existsSync(socket)).toBe(false);
  });

  test('installs nothing unless told, and says what went wrong', async () => {
    const file = join(folder, 'installed');
    const install = { kind: 'install', command: ['touch', file] } as const;
    expect(await repairAll([install], async () => false)).toMatchObject([{ done: false, problem: 'not agreed to' }]);
    expect(existsSync(file)).toBe(false);
    expect(
      await repairAll(
        [
          { kind: 'install', command: ['false'] },
          { kind: 'set-mode', path: join(folder, 'gone'), mode: 0o600 },
        ],
        async () => true,
      ),
    ).toMatchObject([
      { done: false, problem: 'it ended with 1' },
      { done: false, problem: expect.stringContaining('ENOENT') },
    ]);
  });
});

describe('what the kernel tells', () => {
  test('of sockets: those that listen', () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F0A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0
   1: 0100007F:1F0A 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0`;
    expect(readSockets('tcp', table)).toEqual([{ protocol: 'tcp', port: 7946, inode: '4711' }]);
  });

  test('of locks: who holds the one on a file', () => {
    const locks =
      '1: POSIX  ADVISORY  READ 7 fe:00:99 0 EOF\n2: POSIX  ADVISORY  WRITE 8 fe:00:99 1073741824 1073742335\n2: -> POSIX  ADVISORY  WRITE 9 fe:00:99 0 EOF\n';
    expect([holderIn(locks, 99), holderIn(locks, 98)]).toEqual([8, 'nobody']);
  });
});

describe('the command', () => {
  test('tells all in one document, whose state and exit code agree, without a daemon', async () => {
    // To run neither is to be quick.
    writeFileSync(join(folder, 'config.json'), '{"without": ["blender", "chromium"], "discovery": false}');
    chmodSync(folder, 0o700);
    const { code, stdout } = await runHere(folder, ['doctor', '--json']);
    const report = JSON.parse(stdout) as { readonly state: string; readonly checks: readonly Finding[]; readonly counts: { readonly failing: number } };
    const names = report.checks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'runtime',
        'private',
        'daemon',
        'peer-port',
        'firewall',
        'membership',
        'records',
        'blender',
        'gpu',
        'sandbox',
        'sleep',
        'open-files',
      ]),
    );
    expect(report.checks.find(({ name }) => name === 'daemon')?.state).toBe('not-applicable');
    expect(report.checks.filter(({ found }) => found === 'could not be looked at')).toEqual([]);
    expect([code, report.state === 'failing']).toEqual(report.counts.failing > 0 ? [1, true] : [0, false]);
    // To look leaves nothing behind.
    expect(readdirSync(folder)).toEqual(['config.json']);
  });

  test('refuses --yes without --fix', async () => {
    await expect(runHere(folder, ['doctor', '--yes'])).rejects.toMatchObject({ code: 'usage' });
  });
});
