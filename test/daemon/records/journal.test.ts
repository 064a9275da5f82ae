import { describe, expect, test } from 'vitest';
import { emptyDisk } from '../../../daemon/records/memory-store.ts';
import type { Fact } from '../../../src/model/facts.ts';
import { entriesOf, journalCluster, submission } from './journal-cluster.ts';

describe('a journal alone', () => {
  test('has a fact on disk, folded and told before the append resolves', async () => {
    const cluster = journalCluster();
    const { journal, disk, facts } = await cluster.start('n1');
    const fact = submission('k');
    const append = journal.append([fact]);
    expect(journal.job(fact.job)).toBeUndefined();
    expect(await cluster.wait(append)).toMatchObject({ copies: ['host of n1'], wanted: 1 });
    expect(journal.job(fact.job)?.record).toEqual(fact.record);
    expect(facts).toEqual([fact]);
    expect(entriesOf(disk)).toHaveLength(1);
  });

  test('has everything again after a restart, without telling it anew', async () => {
    const cluster = journalCluster();
    const first = await cluster.start('n1');
    await cluster.wait(first.journal.append([submission('k1'), submission('k2')]));
    await cluster.stop('n1');
    const second = await cluster.start('n1');
    expect([...second.journal.jobs().keys()]).toEqual([submission('k1').job, submission('k2').job]);
    expect(second.facts).toEqual([]);
    await cluster.wait(second.journal.append([submission('k3')]));
    expect(second.disk.logs.size).toBe(1);
    expect(entriesOf(second.disk)).toHaveLength(3);
  });

  test('keeps the order of concurrent calls', async () => {
    const cluster = journalCluster();
    const { journal, facts } = await cluster.start('n1');
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    await cluster.wait(Promise.all(keys.map((key) => journal.append([submission(key)]))));
    expect(facts).toEqual(keys.map(submission));
  });

  test('tells the caller of a full disk, has no trace of the facts, and goes on when there is room', async () => {
    const cluster = journalCluster();
    const { journal, disk, facts } = await cluster.start('n1');
    disk.full = true;
    await expect(cluster.wait(journal.append([submission('k1')]))).rejects.toMatchObject({ code: 'disk-full' });
    expect([journal.jobs().size, facts.length]).toEqual([0, 0]);
    disk.full = false;
    await cluster.wait(journal.append([submission('k2')]));
    expect(facts).toEqual([submission('k2')]);
  });

  test('refuses a fact that nobody would fold', async () => {
    const cluster = journalCluster();
    const { journal, disk } = await cluster.start('n1');
    await expect(journal.append([{ ...submission('k'), job: 'a'.repeat(64) }])).rejects.toMatchObject({ code: 'internal' });
    expect(entriesOf(disk)).toEqual([]);
  });

  test('cannot be changed through the fact it was given', async () => {
    const cluster = journalCluster();
    const { journal } = await cluster.start('n1');
    const fact = structuredClone(submission('k')) as Fact & { record: { name: string } };
    await cluster.wait(journal.append([fact]));
    fact.record.name = 'something else';
    expect(journal.job(fact.job)?.record?.name).toBe('cube');
  });

  test('keeps and passes on a fact of a newer version, unread', async () => {
    const cluster = journalCluster();
    const disk = emptyDisk();
    disk.storeId = 's';
    const future = { type: 'expanded', job: 'a'.repeat(64), at: 0 };
    disk.logs.set('n1/s', [{ origin: 'n1/s', sequence: 1, previous: '0'.repeat(64), fact: future }]);
    const first = await cluster.start('n1', { disk });
    const second = await cluster.start('n2');
    await cluster.wait(first.journal.append([submission('k')]));
    await cluster.clock.advance(2_000);
    expect(entriesOf(second.disk)).toEqual(entriesOf(first.disk));
    expect(second.facts).toEqual([submission('k')]);
    expect(second.troubles).toEqual([{ type: 'fact-not-understood', origin: 'n1/s', sequence: 1, reason: 'unknown' }]);
  });

  test('remembers the highest term saved or seen in a fact', async () => {
    const cluster = journalCluster();
    const { journal } = await cluster.start('n1');
    expect(journal.highestTerm()).toBeUndefined();
    await cluster.wait(journal.saveTerm({ number: 4, node: 'n1' }));
    expect(journal.highestTerm()).toEqual({ number: 4, node: 'n1' });
    const term = { number: 9, node: 'n2' };
    const ended: Fact = { type: 'ended', job: 'a'.repeat(64), at: 0, generation: 1, outcome: 'succeeded', term, kept: 0, failed: [] };
    await cluster.wait(journal.append([ended]));
    expect(journal.highestTerm()).toEqual(term);
    await cluster.stop('n1');
    expect((await cluster.start('n1')).journal.highestTerm()).toEqual(term);
  });

  test('gives a clock above every pause it knows, never twice the same', async () => {
    const cluster = journalCluster();
    const { journal } = await cluster.start('n1');
    await cluster.wait(journal.append([{ type: 'pause-set', job: 'a'.repeat(64), at: 0, paused: true, clock: 7, node: 'n2' }]));
    expect([journal.nextClock(), journal.nextClock()]).toEqual([8, 9]);
  });
});
