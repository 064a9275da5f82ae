import { beforeEach, describe, expect, test } from 'vitest';
import { Ending } from '../../daemon/ending.ts';
import { FixedMembership } from '../support/fixed-membership.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('a daemon that drains', () => {
  let clock: VirtualClock;
  let membership: FixedMembership;
  let load: { running: number; longestMs: number; finished: number };
  let stops: string[];
  let labels: Map<string, string | undefined>;
  let ending: Ending;
  const isPaused = (): boolean | undefined => membership.member('a')?.facts.paused;

  beforeEach(() => {
    clock = new VirtualClock();
    membership = new FixedMembership('a', ['a']);
    load = { running: 1, longestMs: 2_500, finished: 1 };
    stops = [];
    labels = new Map();
    const label = (name: string, value: string | undefined) => void labels.set(name, value);
    ending = new Ending({ clock, membership, label, worker: { load: () => load }, stop: (tasks) => stops.push(tasks) });
  });

  test('takes no new tasks and says what it waits for', () => {
    expect(ending.drain()).toMatchObject({ draining: true, running: 1, longestSeconds: 2.5, finishing: 1 });
    expect(isPaused()).toBe(true);
  });

  test('tells everybody that it drains, until that is undone, whatever is said about pausing', () => {
    ending.pause(true);
    expect(labels.get('draining')).toBeUndefined();
    ending.drain();
    ending.pause(false);
    expect({ label: labels.get('draining'), paused: isPaused() }).toEqual({ label: 'yes', paused: true });
    ending.undrain();
    expect({ label: labels.get('draining'), paused: isPaused() }).toEqual({ label: undefined, paused: false });
  });

  test('stops once its tasks have ended and their results are kept, not before', async () => {
    ending.drain();
    ending.drain();
    load = { ...load, running: 0 };
    await clock.advance(10_000);
    expect(stops).toEqual([]);
    load = { ...load, finished: 0 };
    await clock.advance(1_000);
    expect(stops).toEqual(['end']);
  });

  test('goes on as before when that is undone', async () => {
    ending.drain();
    expect(ending.undrain().draining).toBe(false);
    load = { running: 0, longestMs: 0, finished: 0 };
    await clock.advance(10_000);
    expect({ stops, paused: isPaused() }).toEqual({ stops: [], paused: false });
  });

  test.each(['before', 'meanwhile'])('stays paused after that when somebody has paused it %s', (when) => {
    if (when === 'before') ending.pause(true);
    ending.drain();
    if (when === 'meanwhile') ending.pause(true);
    ending.undrain();
    expect(isPaused()).toBe(true);
    ending.pause(false);
    expect(isPaused()).toBe(false);
  });

  test('takes no tasks meanwhile when somebody unpauses it', () => {
    ending.pause(true);
    ending.drain();
    ending.pause(false);
    expect(isPaused()).toBe(true);
    ending.undrain();
    expect(isPaused()).toBe(false);
  });

  test('says that it stops when it is too late to undo it', async () => {
    ending.drain();
    load = { running: 0, longestMs: 0, finished: 0 };
    await clock.advance(1_000);
    expect(ending.undrain()).toMatchObject({ draining: true, stopping: true });
    expect(ending.drain()).toMatchObject({ stopping: true });
    await clock.advance(10_000);
    expect({ stops, paused: isPaused() }).toEqual({ stops: ['end'], paused: true });
  });

  test('only says who it is when the one that was meant has gone', async () => {
    expect(ending.drain(process.pid + 1)).toMatchObject({ pid: process.pid, draining: false });
    ending.drain();
    expect(ending.undrain(process.pid + 1)).toMatchObject({ pid: process.pid, draining: true });
  });
});
