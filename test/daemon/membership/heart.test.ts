import { expect, test } from 'vitest';
import { Heart } from '../../../daemon/membership/heart.ts';
import { Neighbours } from '../../../daemon/membership/neighbours.ts';
import type { Beat, BeatCarrier } from '../../../daemon/wire/beat-carrier.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A node that watches `b`, which beats every 250 ms by a carrier that says what the test says. */
function watching(reached: boolean) {
  const world = new VirtualClock();
  const said: string[] = [];
  const state = { slept: 0, stood: 0, news: undefined as Beat | undefined, reached };
  const beats: BeatCarrier = {
    beat: () => undefined,
    tick: () => undefined,
    news: () => state.news,
    reaches: () => state.reached,
    stoodStill: () => state.stood,
  };
  const clock = { now: () => world.now(), wall: () => world.wall(), slept: () => state.slept, after: world.after.bind(world), every: world.every.bind(world) };
  const neighbours = new Neighbours('a');
  neighbours.connected('b', 0, 250);
  neighbours.heard('b', 0);
  const heart = new Heart({ clock, neighbours, beats, say: (peer, intervalMs) => said.push(`${peer} ${intervalMs}`) });
  heart.judge(0);
  return { world, state, heart, neighbours, said };
}

test('after a night in suspend nobody is blamed, and the node knows that it was away', async () => {
  const { world, state, heart, neighbours } = watching(true);
  await world.advance(8 * 3_600_000);
  state.slept = 8 * 3_600_000 - 100;
  expect(heart.judge(8 * 3_600_000 - 250)).toBe(state.slept);
  expect(neighbours.opinionOf('b')).toBe('alive');
  await world.advance(4_000);
  expect(heart.judge(0)).toBe(0);
  expect(neighbours.opinionOf('b')).toBe('unreachable');
});

test('a machine that slept and then stood still before it went on blames nobody for either', async () => {
  const { world, state, heart, neighbours } = watching(true);
  await world.advance(8 * 3_600_000 + 20_250);
  state.slept = 8 * 3_600_000;
  state.stood = 20_000;
  expect(heart.judge(8 * 3_600_000 + 20_000)).toBe(8 * 3_600_000 + 20_000);
  expect(neighbours.opinionOf('b')).toBe('alive');
});

test('a busy main loop was not away for peers that hear its thread, and was for those that hear only its messages', async () => {
  for (const [reached, awayMs] of [
    [true, 0],
    [false, 4_000],
  ] as const) {
    const { world, heart } = watching(reached);
    await world.advance(4_250);
    expect(heart.judge(4_000)).toBe(awayMs);
  }
});

test('a pace that changes is said to all, otherwise messages go to those that beats do not reach, and to all now and then', () => {
  const { state, heart, said } = watching(true);
  for (let beat = 1; beat < 20; beat += 1) heart.beat(250, false);
  expect(said).toEqual([]);
  heart.beat(250, false);
  expect(said).toEqual(['b 250']);
  heart.beat(2000, true);
  expect(said).toEqual(['b 250', 'b 2000']);
  state.reached = false;
  heart.beat(2000, false);
  expect(said).toEqual(['b 250', 'b 2000', 'b 2000']);
});
