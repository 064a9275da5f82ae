import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reachability } from '../../src/model/inventory.ts';
import { chooseStandbys, type Known, sourcesOf } from '../../src/model/standbys.ts';
import { inventoryOf } from '../support/inventories.ts';

const minute = 60_000;

function known(place: number, changes: { host?: string; start?: number; free?: number; reachability?: Reachability } = {}): Known {
  const { host = `host ${place}`, start = place, free = 1e10, reachability = 'alive' } = changes;
  const id = `n${String(place).padStart(3, '0')}`;
  return { facts: { id, host, incarnation: start * minute, inventory: inventoryOf({ freeDiskBytes: free }) }, reachability };
}

const many = (count: number): readonly Known[] => Array.from({ length: count }, (_, place) => known(place));
const ids = (places: readonly number[]): readonly string[] => places.map((place) => known(place).facts.id);
const sorted = (standbys: ReadonlySet<string> | undefined): readonly string[] => [...(standbys ?? [])].sort();
const without = (members: readonly Known[], place: number, reachability: Reachability): readonly Known[] =>
  members.map((member, other) => (other === place ? { ...member, reachability } : member));

/** 17 to 40 nodes on at most 30 machines, in reach or not, some without room. */
const clusters = fc
  .array(
    fc.record({
      host: fc.integer({ min: 0, max: 29 }).map((host) => `host ${host}`),
      start: fc.integer({ min: 0, max: 9 }),
      free: fc.constantFrom(1e10, 1e10, 1e10, 0),
      reachability: fc.constantFrom<Reachability>('alive', 'alive', 'alive', 'alive', 'suspect', 'unreachable', 'restarting', 'left'),
    }),
    { minLength: 17, maxLength: 40 },
  )
  .map((all) => all.map((changes, place) => known(place, changes)));
const isHere = ({ reachability }: Known): boolean => reachability === 'alive' || reachability === 'suspect';
const voters = fc.uniqueArray(fc.integer({ min: 0, max: 16 }), { maxLength: 6 }).map(ids);

test('up to sixteen nodes everybody is a standby, however many are known that are away', () => {
  expect(chooseStandbys(many(16), [])).toBeUndefined();
  expect(chooseStandbys([...many(16), known(16, { reachability: 'unreachable' })], [])).toBeUndefined();
  expect(chooseStandbys(many(17), [])?.size).toBe(7);
});

test('a worker is never one: where there are any the members are, whether or not they can be reached', () => {
  const asWorker = ({ facts, reachability }: Known): Known => ({ facts: { ...facts, role: 'worker' }, reachability });
  expect(sorted(chooseStandbys([known(0), known(1, { reachability: 'unreachable' }), asWorker(known(2))], []))).toEqual(ids([0, 1]));
  expect(
    sorted(
      chooseStandbys(
        many(20).map((member, place) => (place < 10 ? asWorker(member) : member)),
        [],
      ),
    ),
  ).toEqual(ids([10, 11, 12, 13, 14, 15, 16]));
});

test('beyond, they are those with room that have been up longest, on machines of their own', () => {
  expect(sorted(chooseStandbys(many(20), []))).toEqual(ids([0, 1, 2, 3, 4, 5, 6]));
  const full = many(20).map((member, place) => (place === 2 ? known(2, { free: 0 }) : member));
  expect(sorted(chooseStandbys(full, []))).toEqual(ids([0, 1, 3, 4, 5, 6, 7]));
  const neighbours = many(20).map((member, place) => (place === 4 ? known(4, { host: 'host 0' }) : member));
  expect(sorted(chooseStandbys(neighbours, []))).toEqual(ids([0, 1, 2, 3, 5, 6, 7]));
  const onTwoMachines = many(20).map((_, place) => known(place, { host: `host ${place % 2}` }));
  expect(chooseStandbys(onTwoMachines, [])?.size).toBe(7);
});

test('nodes with one view choose alike, in whatever order they know of each other', () => {
  fc.assert(
    fc.property(clusters, voters, fc.infiniteStream(fc.nat()), (members, first, order) => {
      const shuffled = members.map((member) => ({ member, at: order.next().value as number })).toSorted((a, b) => a.at - b.at);
      const again = chooseStandbys(
        shuffled.map(({ member }) => member),
        first.toReversed(),
      );
      expect(sorted(again)).toEqual(sorted(chooseStandbys(members, first)));
    }),
  );
});

test('voters and the coordinator are among them, and seven are within reach', () => {
  fc.assert(
    fc.property(clusters, voters, (members, first) => {
      const standbys = chooseStandbys(members, first);
      fc.pre(standbys !== undefined);
      const here = members.filter((member) => isHere(member) && standbys.has(member.facts.id));
      expect(here).toHaveLength(7);
      for (const { facts, reachability } of members) if (first.includes(facts.id) && reachability !== 'left') expect(standbys).toContain(facts.id);
    }),
  );
});

test('one that is out of reach stays a standby: another one joins, and nobody leaves', () => {
  fc.assert(
    fc.property(clusters, voters, fc.nat(), (members, first, which) => {
      const before = chooseStandbys(members, first);
      const places = members.flatMap((member, place) => (isHere(member) && before?.has(member.facts.id) === true ? [place] : []));
      const lost = places[which % Math.max(1, places.length)];
      fc.pre(before !== undefined && lost !== undefined);
      const after = chooseStandbys(without(members, lost, 'unreachable'), first);
      fc.pre(after !== undefined);
      expect([...after]).toEqual(expect.arrayContaining([...before]));
      expect(after.size).toBeGreaterThan(before.size);
      // ... and when it is back everything is as it was.
      expect(sorted(chooseStandbys(members, first))).toEqual(sorted(before));
    }),
  );
});

test('who comes later displaces nobody', () => {
  const before = many(20);
  const newcomer = known(99, { start: 1000 });
  expect(sorted(chooseStandbys([newcomer, ...before], []))).toEqual(sorted(chooseStandbys(before, [])));
});

test('one that has left for good, or has been started anew, makes room', () => {
  expect(sorted(chooseStandbys(without(many(20), 3, 'left'), []))).toEqual(ids([0, 1, 2, 4, 5, 6, 7]));
  const restarted = many(20).map((member, place) => (place === 3 ? known(3, { start: 1000 }) : member));
  expect(sorted(chooseStandbys(restarted, []))).toEqual(ids([0, 1, 2, 4, 5, 6, 7]));
});

test('a node asks two of the standbys that it is connected to, and not all nodes the same two', () => {
  const standbys = ids([0, 1, 2, 3, 4, 5, 6]);
  const asked = ids(Array.from({ length: 100 }, (_, place) => place + 10)).map((node) => sourcesOf(node, standbys));
  for (const sources of asked) expect(new Set(sources).size).toBe(2);
  const loads = standbys.map((standby) => asked.filter((sources) => sources.includes(standby)).length);
  expect(Math.max(...loads)).toBeLessThan(60);
  expect(sourcesOf('n050', standbys.toReversed())).toEqual(sourcesOf('n050', standbys));
  expect(sourcesOf('n050', [])).toEqual([]);
});
