/** What a log says again under another store id goes into transactions that the store's thread can hold. */
import { expect, test, vi } from 'vitest';
import { jobIdOf } from '../../../daemon/records/canonical.ts';
import type { Fact } from '../../../src/model/facts.ts';
import { record, step } from '../../support/fact-arbitraries.ts';
import { type JournalBench, journalCluster, submission } from './journal-cluster.ts';

const mebibyte = 1024 * 1024;

/** The facts of each transaction in which the journal says all of this life again, under another store id. */
async function saidAgain({ journal, store, disk }: JournalBench, cluster: ReturnType<typeof journalCluster>): Promise<readonly (readonly unknown[])[]> {
  const append = vi.spyOn(store, 'append');
  const before = disk.logs.get(`n1/${journal.storeId()}`)?.map(({ fact }) => fact);
  await cluster.wait(journal.renewStore());
  expect(disk.logs.get(`n1/${journal.storeId()}`)?.map(({ fact }) => fact)).toEqual(before);
  return append.mock.calls.map(([entries]) => entries.map(({ fact }) => fact));
}

test('at most two thousand facts in each, in the old order, before anything new', async () => {
  const cluster = journalCluster();
  const bench = await cluster.start('n1');
  const { job } = submission('k1');
  for (let first = 1; first <= 4_500; first += 1_500) {
    const facts = Array.from({ length: 1_500 }, (_, index): Fact => ({ type: 'cancelled', job, at: 0, generation: first + index }));
    await cluster.wait(bench.journal.append(facts));
  }
  expect((await saidAgain(bench, cluster)).map((facts) => facts.length)).toEqual([2_000, 2_000, 500]);
});

test('large facts go into smaller ones', async () => {
  const cluster = journalCluster();
  const bench = await cluster.start('n1');
  for (let key = 1; key <= 12; key += 1) {
    const large = record([step('draw', 1)], { key: `k${key}`, settings: { text: 'x'.repeat(mebibyte / 2) } });
    await cluster.wait(bench.journal.append([{ type: 'submitted', job: jobIdOf(large), at: 0, record: large }]));
  }
  const said = await saidAgain(bench, cluster);
  expect(said.map((facts) => facts.length)).toEqual([7, 5]);
});
