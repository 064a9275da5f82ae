import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dropOwnRecords } from '../../daemon/free-to-join.ts';
import { plainKeyFiles } from '../../daemon/keys/key-files.ts';
import { joinCluster } from '../../daemon/main.ts';
import { loadNodeKey } from '../../daemon/network/node-key.ts';
import { usualTerms } from '../../daemon/network/pairing/invitations.ts';
import { formatInvite, parseInvite } from '../../daemon/network/pairing/invite-line.ts';
import { networkFile } from '../../daemon/network-parts.ts';
import { createPairing } from '../../daemon/pairing-parts.ts';
import { jobIdOf } from '../../daemon/records/canonical.ts';
import { noPredecessor } from '../../daemon/records/entry-logs.ts';
import { SqliteStore } from '../../daemon/records/sqlite-store.ts';
import { rememberNetwork } from '../../daemon/remembered.ts';
import { systemClock, systemRandomness } from '../../daemon/system-clock.ts';
import type { ClusterFact } from '../../src/model/cluster-facts.ts';
import type { Fact } from '../../src/model/facts.ts';
import { resolveSettings } from '../../src/settings/daemon-settings.ts';
import { type Paths, pathsOf } from '../../src/settings/paths.ts';
import { programFile } from '../../src/settings/program-files.ts';
import { foundedCluster } from '../support/founded-cluster.ts';
import { recordOf } from '../support/jobs.ts';

const record = recordOf();
const job = jobIdOf(record);
const submitted: Fact = { type: 'submitted', job, at: 0, record };
const removed: Fact = { type: 'removed', job, at: 0 };

let paths: Paths;
beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'svm-join-'));
  paths = pathsOf({ home, stateHome: undefined, configHome: undefined, userFolder: home, userId: 0 });
});
afterEach(() => rmSync(paths.home, { recursive: true, force: true }));

/** The line is none, so whoever may join is told that. */
const tryToJoin = () => joinCluster({ paths, passphrase: undefined, settings: resolveSettings({}, {}, {}, ''), line: 'no invitation' });

async function keepRecords(facts: readonly (Fact | ClusterFact)[]): Promise<void> {
  const store = new SqliteStore(
    { file: paths.records, workerFile: programFile('daemon/records/store-worker.ts') },
    { randomness: systemRandomness(), clock: systemClock() },
  );
  await store.start();
  await store.append(facts.map((fact, index) => ({ origin: 'node/store', sequence: index + 1, previous: noPredecessor, fact })));
  await store.stop();
}

test('a new home may join', async () => {
  await expect(tryToJoin()).rejects.toMatchObject({ code: 'usage' });
});

test('a home with jobs in its records keeps to its own cluster, whether or not its daemon runs', async () => {
  await keepRecords([submitted]);
  await expect(tryToJoin()).rejects.toMatchObject({
    code: 'cluster-exists',
    message: expect.stringContaining('a job in it'),
    hint: expect.stringContaining(paths.home),
  });
});

test('records whose jobs were all removed are no reason to stay', async () => {
  await keepRecords([submitted, removed]);
  await expect(tryToJoin()).rejects.toMatchObject({ code: 'usage' });
});

test('tokens of a cluster of its own are no reason to stay, and do not come along', async () => {
  const token = { id: '0123456789abcdef', hash: 'd'.repeat(64), role: 'admin', name: 'mine', expires: 1, by: 'owner', ending: 'abcd' } as const;
  await keepRecords([{ type: 'token-created', at: 0, ...token }]);
  await expect(tryToJoin()).rejects.toMatchObject({ code: 'usage' });
  dropOwnRecords(paths);
  expect(readdirSync(dirname(paths.records)).filter((name) => name.startsWith(basename(paths.records)))).toEqual([]);
});

test('a home that knows other nodes stays with them', async () => {
  rememberNetwork(networkFile(paths)).keep({ book: { friend: ['10.0.0.2:7946'] } });
  await expect(tryToJoin()).rejects.toMatchObject({ code: 'cluster-exists', message: expect.stringContaining('a cluster of 2 nodes') });
});

test('a removed machine keeps its identity until it is let in again, and then has another', async () => {
  const real = { clock: systemClock(), randomness: systemRandomness() };
  const cluster = await foundedCluster(real.clock);
  const { id } = await loadNodeKey(paths.nodeKey, plainKeyFiles);
  cluster.papers.remove(id);
  writeFileSync(paths.clusterKey, cluster.key.text);
  mkdirSync(dirname(paths.membership), { recursive: true });
  writeFileSync(paths.membership, JSON.stringify(cluster.kept()));
  const door = createPairing(
    { papers: cluster.papers, key: () => cluster.key, cluster: 'studio' },
    {
      ...{ ...real, host: '127.0.0.1', addresses: () => ['127.0.0.1:7800'] },
      log: { info: () => undefined, warn: () => undefined },
      audit: () => undefined,
      certified: () => undefined,
    },
  );
  try {
    const { line } = await door.invite(usualTerms);
    const join = (text: string) => joinCluster({ paths, passphrase: undefined, settings: resolveSettings({}, {}, {}, ''), line: text });
    const lost = formatInvite({ ...parseInvite(line), secret: '0'.repeat(32) });
    await expect(join(lost)).rejects.toMatchObject({ code: 'invite-refused' });
    expect((await loadNodeKey(paths.nodeKey, plainKeyFiles)).id).toBe(id);
    expect(await join(line)).toMatchObject({ cluster: 'studio' });
    expect((await loadNodeKey(paths.nodeKey, plainKeyFiles)).id).not.toBe(id);
    expect((await loadNodeKey(`${paths.nodeKey}.removed`, plainKeyFiles)).id).toBe(id);
  } finally {
    await door.stop();
  }
});
