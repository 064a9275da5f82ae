import { beforeEach, expect, test } from 'vitest';
import { Silences } from '../../../daemon/coordinator/silences.ts';
import type { Reachability } from '../../../src/model/inventory.ts';
import { recordOf, stepWith } from '../../support/jobs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { WorkWorld } from '../../support/work-world.ts';

let clock: VirtualClock;
let connected: string[];
let reachability: Reachability | undefined;
let lost: string[];
let silences: Silences;

beforeEach(() => {
  clock = new VirtualClock();
  connected = ['a'];
  reachability = 'unreachable';
  lost = [];
  silences = new Silences(
    { silentMs: 2_000 },
    {
      clock,
      membership: { member: () => (reachability === undefined ? undefined : ({ reachability } as never)) },
      messenger: { connected: () => connected },
      lose: (node) => lost.push(node),
    },
  );
});

test('one whose connection is closed is lost at once', () => {
  connected = [];
  silences.miss('a');
  expect(lost).toEqual(['a']);
});

test.each(['left', undefined] as const)('one that is %s is lost at once', (state) => {
  reachability = state;
  silences.miss('a');
  expect(lost).toEqual(['a']);
});

test('one that is only silent is waited for, and lost once', async () => {
  silences.miss('a');
  await clock.advance(1_000);
  silences.miss('a');
  await clock.advance(999);
  expect(lost).toEqual([]);
  await clock.advance(1);
  expect(lost).toEqual(['a']);
  await clock.advance(10_000);
  expect(lost).toEqual(['a']);
});

test('one that is heard again in time keeps what it has, and is waited for as long the next time', async () => {
  silences.miss('a');
  await clock.advance(1_900);
  silences.hear('a');
  await clock.advance(1_000);
  silences.miss('a');
  await clock.advance(1_900);
  expect(lost).toEqual([]);
  await clock.advance(100);
  expect(lost).toEqual(['a']);
});

test('one whose connection closes meanwhile is waited for no longer', async () => {
  silences.miss('a');
  await clock.advance(500);
  connected = [];
  silences.miss('a');
  expect(lost).toEqual(['a']);
  await clock.advance(10_000);
  expect(lost).toEqual(['a']);
});

test('nobody is lost after the term', async () => {
  silences.miss('a');
  silences.end();
  await clock.advance(10_000);
  expect(lost).toEqual([]);
});

test('what a node has that is back within a moment is not placed again', async () => {
  const world = await WorkWorld.start(['a', 'b', 'c'], { taskMs: 4000 });
  const job = world.submit(recordOf({ steps: [stepWith(2)] }));
  await world.clock.advance(1000);
  for (const node of world.living()) node.membership.change('b', {}, 'unreachable');
  await world.clock.advance(700);
  for (const node of world.living()) node.membership.change('b', {}, 'alive');
  expect(await world.outcome(job)).toBe('succeeded');
  expect([...world.nodes.values()].flatMap((node) => node.runner.started)).toHaveLength(2);
});
