import { beforeEach, expect, test } from 'vitest';
import { BeginGuard } from '../../daemon/begin-guard.ts';
import type { Reachability } from '../../src/model/inventory.ts';
import { firstTerm } from '../support/jobs.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let clock: VirtualClock;
let connected: string[];
let missed: number;
let coordinator: string | undefined;
let reachability: Map<string, Reachability>;
let changed: () => void;
let guard: BeginGuard;

beforeEach(() => {
  clock = new VirtualClock();
  connected = ['b', 'c'];
  missed = 0;
  coordinator = 'b';
  reachability = new Map(['a', 'b', 'c'].map((id) => [id, 'alive']));
  const voters = { number: 1, term: firstTerm, voters: ['a', 'b', 'c'].map((node) => ({ node, store: node })) };
  guard = new BeginGuard(
    { startedAt: Number.NEGATIVE_INFINITY },
    {
      clock,
      membership: {
        self: 'a',
        member: (id) => ({ reachability: reachability.get(id) }) as never,
        missedBeats: () => missed,
        onChange: (listener) => {
          changed = () => listener(undefined as never);
        },
      },
      messenger: { connected: () => connected },
      leadership: { voters: () => voters, current: () => (coordinator === undefined ? undefined : { node: coordinator }) },
    },
  );
  changed();
});

function begin(signal = new AbortController().signal) {
  const task = { begun: false };
  void guard.wait(clock.now(), 'a', signal).then(() => {
    task.begun = true;
  });
  return task;
}

async function hasBegun(task: { readonly begun: boolean }, ms = 0): Promise<boolean> {
  await clock.advance(ms);
  return task.begun;
}

test('a task begins at once while its coordinator is heard', async () => {
  missed = 2;
  expect(await hasBegun(begin())).toBe(true);
});

test('a task waits while its coordinator is silent, and begins when it is heard again', async () => {
  missed = 3;
  const task = begin();
  expect(await hasBegun(task, 1_000)).toBe(false);
  missed = 0;
  expect(await hasBegun(task, 200)).toBe(true);
});

test.each([
  ['has died', (): unknown => (connected = ['c'])],
  ['is this machine', (): unknown => (coordinator = 'a')],
  ['is not known', (): unknown => (coordinator = undefined)],
] as const)('a task begins though its coordinator %s', async (_, arrange) => {
  missed = 3;
  arrange();
  expect(await hasBegun(begin())).toBe(true);
});

test('a task that came before its machine was cut off from most others waits like the jobs there, for twenty seconds at most', async () => {
  await clock.advance(1_000);
  missed = 3;
  const task = begin();
  await clock.advance(1_000);
  coordinator = 'a';
  for (const node of ['b', 'c']) reachability.set(node, 'unreachable');
  changed();
  expect(await hasBegun(task, 18_000)).toBe(false);
  expect(await hasBegun(task, 2_000)).toBe(true);
});

test('a task begins as soon as the others are back', async () => {
  await clock.advance(1_000);
  missed = 3;
  const task = begin();
  await clock.advance(1_000);
  for (const node of ['b', 'c']) reachability.set(node, 'unreachable');
  changed();
  expect(await hasBegun(task, 1_000)).toBe(false);
  missed = 0;
  for (const node of ['b', 'c']) reachability.set(node, 'alive');
  changed();
  expect(await hasBegun(task, 100)).toBe(true);
});

test('a task that nobody wants any more is not waited for', async () => {
  missed = 3;
  const abort = new AbortController();
  const task = begin(abort.signal);
  expect(await hasBegun(task, 500)).toBe(false);
  abort.abort();
  expect(await hasBegun(task, 200)).toBe(true);
});
