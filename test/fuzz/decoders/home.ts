/** Files of a home folder, as a crash, another version or a hand may leave them. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { plainKeyFiles, sealedKeyFiles } from '../../../daemon/keys/key-files.ts';
import { lockKey, unlockKey } from '../../../daemon/keys/passphrase-lock.ts';
import { parseClusterKey } from '../../../daemon/network/cluster-key.ts';
import { loadNodeKey } from '../../../daemon/network/node-key.ts';
import { rememberNetwork } from '../../../daemon/remembered.ts';
import { DeliveredList } from '../../../daemon/submitter/delivered-list.ts';
import { systemRandomness } from '../../../daemon/system-clock.ts';
import { AttemptFiles } from '../../../daemon/worker/attempt-files.ts';
import { recordedLauncher, recordLauncher } from '../../../daemon/worker/launcher-record.ts';
import { resolveSettings } from '../../../src/settings/daemon-settings.ts';
import { readPid } from '../../../src/settings/folder-lock.ts';
import { readUserFile } from '../../../src/settings/user-file.ts';
import type { Decoder } from '../decoder.ts';
import { fileOf, scratchFolder } from '../scratch.ts';

const digest = 'f'.repeat(64);
const secret = 'A'.repeat(43);
const attempt = {
  ...{ version: 1, cores: 2, startedAt: 5, limitMs: 60_000, lease: { ms: 30_000, until: 99 } },
  attempt: { term: { number: 1, node: 'a' }, job: digest, generation: 0, step: 'render', index: 3, attempt: 1, node: 'a' },
  session: { launcher: 'l', process: 1, task: 2 },
};
const attempts = new AttemptFiles({ folder: join(scratchFolder, 'attempts') });
const delivered = new DeliveredList({ folder: scratchFolder });
await attempts.load();
const launcher = join(scratchFolder, 'launcher.json');
recordLauncher(launcher, process.pid);

const homeKey = Buffer.alloc(32, 5);
const passphrase = 'correct horse battery';
const sealedFiles = sealedKeyFiles(homeKey, { randomness: systemRandomness() });
const sealedFile = join(scratchFolder, 'sealed', 'admin.key');
mkdirSync(dirname(sealedFile));
sealedFiles.write(sealedFile, 'supervm-admin-key-1 AAAA\n');

export const homeDecoders: readonly Decoder[] = [
  {
    kind: 'text',
    name: 'user-files',
    samples: [JSON.stringify({ name: 'studio', peer: ['10.0.0.7:7946'], httpPort: 0, discovery: false, httpFolder: ['/a'], logLevel: 'debug' }), '{}'],
    run(text) {
      const file = fileOf('config.json', text);
      return resolveSettings({}, {}, readUserFile(file), file);
    },
  },
  {
    kind: 'text',
    name: 'remembered-networks',
    samples: [JSON.stringify({ port: 7946, incarnation: 3, introducers: ['10.0.0.1:1'], book: { a: ['10.0.0.1:1'] } })],
    run: (text) => rememberNetwork(fileOf('network.json', text)).known,
  },
  {
    kind: 'text',
    name: 'delivered-lists',
    samples: [`${JSON.stringify(['a/b.png', digest])}\n${JSON.stringify(['c.png', digest])}\n["half`],
    async run(text) {
      fileOf(digest, text);
      await delivered.load(digest);
    },
  },
  {
    kind: 'text',
    name: 'attempt-files',
    samples: [JSON.stringify(attempt)],
    async run(text) {
      fileOf('attempts/a.json', text);
      if ((await attempts.load()).length === 0) throw new Error('no attempt');
    },
  },
  {
    kind: 'text',
    name: 'launcher-records',
    samples: [readFileSync(launcher, 'utf8')],
    run(text) {
      if (recordedLauncher(fileOf('launcher.json', text)) === undefined) throw new Error('no launcher of this start of the machine');
    },
  },
  { kind: 'text', name: 'pid-files', samples: ['4711\n'], run: (text) => readPid(fileOf('daemon.pid', text)) },
  {
    kind: 'text',
    name: 'node-keys',
    samples: ['supervm-node-key-1 CAESQK8', `supervm-node-key-1 ${Buffer.concat([Buffer.from([8, 1, 18, 64]), Buffer.alloc(64, 7)]).toString('base64url')}`],
    run: (text) => loadNodeKey(fileOf('node.key', text), plainKeyFiles),
  },
  { kind: 'text', name: 'sealed-keys', samples: [readFileSync(sealedFile, 'utf8')], run: (text) => sealedFiles.read(fileOf('sealed/admin.key', text)) },
  {
    kind: 'text',
    name: 'encryption-files',
    samples: [lockKey(homeKey, passphrase, systemRandomness(), { N: 2, r: 1, p: 1 })],
    // What a guess is meant to cost.
    limitMs: 20_000,
    run: (text) => unlockKey(text, passphrase, 'a file'),
  },
  {
    kind: 'text',
    name: 'founded-keys',
    samples: [
      `supervm-cluster-key-2 ${secret} ${secret} 1`,
      [`supervm-cluster-key-2 ${secret} ${secret} 2`, `by ${secret} ${'A'.repeat(86)}`, `before ${secret} 1700000000000`].join('\n'),
    ],
    run: (text) => parseClusterKey(text),
  },
];
