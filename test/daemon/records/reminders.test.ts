/** Voters whose disk is an older one than they once had, though nothing of their own is missing on it. */
import { expect, test } from 'vitest';
import type { NodeId } from '../../../src/model/job.ts';
import { type JournalBench, journalCluster, submissionOf } from './journal-cluster.ts';

type Nodes = readonly [JournalBench, JournalBench, JournalBench];

/** n1 had its disk copied before n2 wrote the last of its facts, of which n1 and n3 told that they have them. */
async function backedUp(voters: readonly NodeId[]) {
  const cluster = journalCluster(1, voters);
  const nodes = [];
  for (const id of ['n1', 'n2', 'n3']) nodes.push(await cluster.start(id));
  const [first, second] = nodes as unknown as Nodes;
  await cluster.clock.advance(2_000);
  await cluster.wait(second.journal.append([submissionOf('n2', 'k1')]));
  await cluster.clock.advance(12_000);
  const backup = structuredClone(first.disk);
  await cluster.wait(second.journal.append([submissionOf('n2', 'k2')]));
  await cluster.clock.advance(12_000);
  expect(first.disk.logs.size).toBe(1);
  await cluster.stop('n1');
  await cluster.clock.advance(1_000);
  return { cluster, backup, disk: first.disk, store: first.disk.storeId };
}

test('a voter takes another id before it votes, reminded by a peer that only heard of what it had', async () => {
  const { cluster, backup, store } = await backedUp(['n1']);
  await cluster.stop('n2');
  const { journal, troubles } = await cluster.start('n1', { disk: backup });
  expect(journal.storeId()).toBe(store);
  await cluster.wait(journal.heard());
  // Its election asks for that before it answers anything.
  expect(journal.isStale() || journal.storeId() !== store).toBe(true);
  await cluster.clock.advance(1_000);
  expect(journal.storeId()).not.toBe(store);
  expect(troubles).toMatchObject([{ type: 'store-renewed', before: `n1/${store}` }]);
  expect(journal.job(submissionOf('n2', 'k2').job)).toBeDefined();
  // Once is enough, whoever else remembers the old id.
  const renewed = journal.storeId();
  await cluster.start('n2');
  await cluster.clock.advance(30_000);
  expect(journal.storeId()).toBe(renewed);
});

test('one that starts with the disk it had keeps its id, and so does one whose store is another one anyway', async () => {
  const { cluster, disk, store } = await backedUp(['n1']);
  const { journal } = await cluster.start('n1', { disk });
  await cluster.clock.advance(30_000);
  expect(journal.storeId()).toBe(store);
  const wiped = await backedUp(['n1']);
  const { journal: other, troubles } = await wiped.cluster.start('n1', { disk: { ...structuredClone(wiped.backup), storeId: 'another', logs: new Map() } });
  await wiped.cluster.clock.advance(30_000);
  expect(other.storeId()).toBe('another');
  expect(troubles).toEqual([]);
});

test('who is no voter promised nothing, and is not asked to take another id', async () => {
  const { cluster, backup, store } = await backedUp([]);
  const { journal } = await cluster.start('n1', { disk: backup });
  await cluster.clock.advance(30_000);
  expect(journal.storeId()).toBe(store);
  expect(journal.job(submissionOf('n2', 'k2').job)).toBeDefined();
});
