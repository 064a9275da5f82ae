/** Writes that failed, and nobody can say whether they are on the disk. */
import { expect, test, vi } from 'vitest';
import { storeError } from '../../../daemon/records/store-error.ts';
import { journalCluster, started, submission } from './journal-cluster.ts';

const inputOutput = 10;
const unsure = () => storeError('/nowhere/records.sqlite', { result: inputOutput, message: 'disk I/O error', unsure: true });

test('after an entry that may be on the disk the log goes on under another store id, and need not say again what all know by the old one', async () => {
  const cluster = journalCluster();
  const { journal, disk, store } = await cluster.start('n1');
  const before = journal.storeId();
  await cluster.wait(journal.append([submission('k1')]));
  vi.spyOn(store, 'append').mockRejectedValueOnce(unsure());
  await expect(cluster.wait(journal.append([submission('k2')]))).rejects.toMatchObject({ code: 'disk-failed' });
  await cluster.wait(journal.append([submission('k3')]));
  const after = journal.storeId();
  expect(after).not.toBe(before);
  const said = (id: string) => disk.logs.get(`n1/${id}`)?.map(({ fact }) => fact);
  expect(said(before)).toEqual([submission('k1')]);
  expect(said(after)).toEqual([submission('k3')]);
});

test('what went into an older copy of the log before such an entry is known to all in the end, though it is not said again at once', async () => {
  const { cluster, nodes } = await started(['n1', 'n2']);
  await cluster.wait(nodes[0].journal.append([submission('k1')]));
  const backup = structuredClone(nodes[0].disk);
  await cluster.wait(nodes[0].journal.append([submission('k2')]));
  await cluster.stop('n1');
  cluster.network.partition([['n1'], ['n2']]);
  const restored = await cluster.start('n1', { disk: backup });
  await cluster.wait(restored.journal.append([submission('k3')]));
  vi.spyOn(restored.store, 'append').mockRejectedValueOnce(unsure());
  await expect(cluster.wait(restored.journal.append([submission('k4')]))).rejects.toMatchObject({ code: 'disk-failed' });
  await cluster.wait(restored.journal.append([submission('k5')]));
  cluster.network.heal();
  await cluster.clock.advance(60_000);
  for (const { journal } of [restored, nodes[1]]) for (const key of ['k1', 'k2', 'k3', 'k5']) expect(journal.job(submission(key).job), key).toBeDefined();
});

test('until the disk takes another id after such an entry the log is stale, also when nobody knows whether it took it', async () => {
  const cluster = journalCluster();
  const { journal, store } = await cluster.start('n1');
  await cluster.clock.advance(2_000);
  const before = journal.storeId();
  vi.spyOn(store, 'append').mockRejectedValueOnce(unsure());
  vi.spyOn(store, 'renew').mockRejectedValueOnce(unsure());
  await expect(cluster.wait(journal.append([submission('k1')]))).rejects.toMatchObject({ code: 'disk-failed' });
  await cluster.clock.advance(100);
  expect([journal.storeId(), journal.isStale()]).toEqual([before, true]);
  await cluster.wait(journal.renewStore());
  expect(journal.storeId()).not.toBe(before);
  expect(journal.isStale()).toBe(false);
});

test('a promise that may be on the disk is in doubt until one surely is, and costs no store id; nor does a term', async () => {
  const cluster = journalCluster();
  const { journal, store } = await cluster.start('n1');
  await cluster.clock.advance(2_000);
  const before = journal.storeId();
  const promise = { granted: { number: 1, node: 'n2' } };
  vi.spyOn(store, 'saveTerm').mockRejectedValueOnce(unsure());
  await expect(cluster.wait(journal.saveTerm({ number: 1, node: 'n1' }))).rejects.toMatchObject({ code: 'disk-failed' });
  const refusal = storeError('/nowhere/records.sqlite', { result: inputOutput, message: 'disk I/O error' });
  vi.spyOn(store, 'saveSeat').mockRejectedValueOnce(unsure()).mockRejectedValueOnce(refusal);
  expect(journal.isSeatInDoubt()).toBe(false);
  // That the next one is surely not there says nothing of this one.
  for (const _ of ['unsure', 'refused']) {
    await expect(cluster.wait(journal.saveSeat(promise))).rejects.toMatchObject({ code: 'disk-failed' });
    expect([journal.isSeatInDoubt(), journal.seat()]).toEqual([true, {}]);
  }
  await cluster.wait(journal.saveSeat(promise));
  await cluster.clock.advance(10_000);
  expect([journal.isSeatInDoubt(), journal.seat()]).toEqual([false, promise]);
  expect([journal.storeId(), journal.isStale()]).toEqual([before, false]);
});

test('what peers wrote, and nobody knows whether it is on the disk, is taken again under the same store id', async () => {
  const cluster = journalCluster();
  const one = await cluster.start('n1');
  const other = await cluster.start('n2');
  await cluster.clock.advance(2_000);
  const before = one.journal.storeId();
  const append = vi.spyOn(one.store, 'append').mockRejectedValueOnce(unsure());
  await cluster.wait(other.journal.append([submission('k1')], 100));
  await cluster.clock.advance(30_000);
  expect(append.mock.calls.length).toBeGreaterThan(1);
  expect(one.facts).toEqual([submission('k1')]);
  expect([one.journal.storeId(), one.journal.isStale()]).toEqual([before, false]);
});

test('what was surely refused changes no store id', async () => {
  const cluster = journalCluster();
  const { journal, disk } = await cluster.start('n1');
  const before = journal.storeId();
  disk.full = true;
  await expect(cluster.wait(journal.append([submission('k1')]))).rejects.toMatchObject({ code: 'disk-full' });
  await expect(cluster.wait(journal.saveSeat({}))).rejects.toMatchObject({ code: 'disk-full' });
  expect([journal.storeId(), journal.isStale()]).toEqual([before, false]);
});
