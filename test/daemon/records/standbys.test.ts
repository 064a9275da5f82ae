/** Journals of more nodes than all hold every fact at once. */
import { expect, test, vi } from 'vitest';
import type { Fact } from '../../../src/model/facts.ts';
import { entriesOf, type JournalBench, journalCluster, submissionOf } from './journal-cluster.ts';

/** Shorter than the time after which the others are told. */
const soonMs = 300;

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, place) => `n${String(place + 1).padStart(2, '0')}`);

async function started(count: number) {
  const cluster = journalCluster();
  const nodes = new Map<string, JournalBench>();
  for (const id of names(count)) nodes.set(id, await cluster.start(id));
  await cluster.clock.advance(15_000);
  const node = (id: string): JournalBench => nodes.get(id) as JournalBench;
  const holding = (fact: Fact): readonly string[] => [...nodes].filter(([, { facts }]) => facts.some((other) => isSame(other, fact))).map(([id]) => id);
  return { cluster, node, holding };
}

function isSame(a: Fact, b: Fact): boolean {
  return a.type === b.type && a.job === b.job;
}

const chosen = names(7);

test('among sixteen nodes everybody has a fact at once', async () => {
  const { cluster, node, holding } = await started(16);
  const fact = submissionOf('n16', 'k');
  await cluster.wait(node('n16').journal.append([fact]));
  await cluster.clock.advance(soonMs);
  expect(holding(fact)).toEqual(names(16));
  expect(names(16).every((id) => node('n09').journal.isStandby(id))).toBe(true);
});

test('among twenty the standbys have it at once, and everybody else soon', async () => {
  const { cluster, node, holding } = await started(20);
  expect(names(20).filter((id) => node('n09').journal.isStandby(id))).toEqual(chosen);
  const fact = submissionOf('n20', 'k');
  const stored = await cluster.wait(node('n20').journal.append([fact]));
  expect(stored.wanted).toBe(3);
  expect(stored.copies.length).toBeGreaterThanOrEqual(3);
  for (const host of stored.copies) expect(['host of n20', ...chosen.map((id) => `host of ${id}`)]).toContain(host);
  await cluster.clock.advance(soonMs);
  expect(holding(fact)).toEqual([...chosen, 'n20']);
  await cluster.clock.advance(2_000);
  expect(holding(fact)).toEqual(names(20));
  for (const id of names(20)) expect(entriesOf(node(id).disk)).toEqual(entriesOf(node('n20').disk));
});

test('its owner pushes it to the standbys only, and each of the others asks two of them', async () => {
  const { cluster, node } = await started(20);
  const asked = (spy: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }, type: string): readonly unknown[] => [
    ...new Set(spy.mock.calls.filter(([, , request]) => (request as { readonly type: string }).type === type).map(([to]) => to)),
  ];
  const [owner, other] = [vi.spyOn(node('n20').messenger, 'request'), vi.spyOn(node('n15').messenger, 'request')];
  await cluster.wait(node('n20').journal.append([submissionOf('n20', 'k')]));
  await cluster.clock.advance(3_000);
  expect(asked(owner, 'push').toSorted()).toEqual(chosen);
  expect(asked(other, 'push')).toEqual([]);
  expect(asked(other, 'pull').length).toBeGreaterThan(0);
  expect(asked(other, 'pull').length).toBeLessThanOrEqual(2);
  for (const peer of asked(other, 'pull')) expect(chosen).toContain(peer);
});

test('everybody knows on how many machines a job is, standby or not', async () => {
  const { cluster, node } = await started(20);
  const fact = submissionOf('n20', 'k');
  await cluster.wait(node('n20').journal.append([fact]));
  await cluster.clock.advance(4_000);
  for (const id of names(20)) expect(node(id).journal.copiesOf(fact.job).length).toBeGreaterThanOrEqual(3);
});

test('who submitted a job has its facts at once', async () => {
  const { cluster, node, holding } = await started(20);
  const { job } = submissionOf('n19', 'k');
  await cluster.wait(node('n19').journal.append([submissionOf('n19', 'k')]));
  await cluster.clock.advance(5_000);
  const cancelled: Fact = { type: 'cancelled', job, at: 0, generation: 1 };
  await cluster.wait(node('n01').journal.append([cancelled]));
  await cluster.clock.advance(soonMs);
  expect(holding(cancelled)).toEqual([...chosen, 'n19']);
});

test('who is no standby gets by asking what it was not told yet', async () => {
  const { cluster, node, holding } = await started(20);
  const fact = submissionOf('n20', 'k');
  await cluster.wait(node('n20').journal.append([fact]));
  await cluster.wait(node('n15').journal.refresh(1_000), 1_000);
  expect(holding(fact)).toContain('n15');
  expect(holding(fact)).not.toContain('n16');
});

test('whoever takes the place of lost standbys gets at once what was on its way to them', async () => {
  const { cluster, node, holding } = await started(20);
  const fact = submissionOf('n20', 'k');
  const isolated = ['n03', 'n04', 'n05', 'n06', 'n07'];
  cluster.network.partition([isolated, names(20).filter((id) => !isolated.includes(id))]);
  await cluster.wait(node('n20').journal.append([fact], 100));
  expect(names(20).filter((id) => node('n20').journal.isStandby(id))).toEqual(chosen);
  cluster.lose('n03');
  await cluster.clock.advance(soonMs);
  expect(node('n20').journal.isStandby('n03')).toBe(true);
  expect(holding(fact)).toEqual(['n01', 'n02', 'n08', 'n20']);
});

test('what one side of a partition wrote comes to all twenty when it has healed', async () => {
  const { cluster, node, holding } = await started(20);
  const side = ['n01', 'n02', 'n03', 'n04', 'n05', 'n18'];
  cluster.network.partition([side, names(20).filter((id) => !side.includes(id))]);
  const facts = [submissionOf('n18', 'here'), submissionOf('n20', 'there')];
  await cluster.wait(node('n18').journal.append([facts[0] as Fact], 1_000));
  await cluster.wait(node('n20').journal.append([facts[1] as Fact], 1_000));
  await cluster.clock.advance(30_000);
  cluster.network.heal();
  await cluster.clock.advance(70_000);
  for (const fact of facts) expect(holding(fact)).toEqual(names(20));
});
