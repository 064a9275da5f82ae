/** Writes that failed, and nobody can say whether they are on the disk. */
import { expect, test, vi } from 'vitest';
import { storeError } from '../../../daemon/records/store-error.ts';
import { journalCluster, submission } from './journal-cluster.ts';

const inputOutput = 10;
const unsure = () => storeError('/nowhere/records.sqlite', { result: inputOutput, message: 'disk I/O error', unsure: true });

test('after an entry that may be on the disk the log goes on under another store id, and says again what it said in this life', async () => {
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
  expect(said(after)).toEqual([submission('k1'), submission('k3')]);
});

test('after a promise that may be on the disk the store takes another id at once, or as soon as the disk takes it; till then it is stale', async () => {
  const cluster = journalCluster();
  const { journal, store } = await cluster.start('n1');
  await cluster.clock.advance(2_000);
  const before = journal.storeId();
  vi.spyOn(store, 'saveSeat').mockRejectedValueOnce(unsure());
  vi.spyOn(store, 'renew').mockRejectedValueOnce(unsure());
  await expect(cluster.wait(journal.saveSeat({ granted: { number: 1, node: 'n2' } }))).rejects.toMatchObject({ code: 'disk-failed' });
  await cluster.clock.advance(100);
  expect([journal.storeId(), journal.isStale()]).toEqual([before, true]);
  await cluster.wait(journal.renewStore());
  expect(journal.storeId()).not.toBe(before);
  expect(journal.isStale()).toBe(false);
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
