import { beforeEach, describe, expect, test } from 'vitest';
import { CutOff, cutOffRestMs, metRestMs } from '../../../daemon/coordinator/cut-off.ts';
import type { Reachability } from '../../../src/model/inventory.ts';
import { firstTerm } from '../../support/jobs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

let clock: VirtualClock;
let voters: string[];
let connected: string[];
let reachability: Map<string, Reachability>;
let quorate: boolean;
let cutOff: CutOff;
/** Long ago, unless a test says otherwise. */
let startedAt: number;

beforeEach(() => {
  clock = new VirtualClock();
  voters = ['a', 'b', 'c'];
  connected = ['b', 'c', 'd'];
  reachability = new Map(['a', 'b', 'c', 'd'].map((id) => [id, 'alive']));
  quorate = false;
  startedAt = Number.NEGATIVE_INFINITY;
  cutOff = begin();
  cutOff.look();
});

function begin(): CutOff {
  return new CutOff(
    { startedAt },
    {
      clock,
      membership: { member: (id) => ({ reachability: reachability.get(id) }) as never },
      messenger: { connected: () => connected },
      leadership: { voters: () => ({ number: 1, term: firstTerm, voters: voters.map((node) => ({ node, store: node })) }), quorate: () => quorate },
    },
  );
}

function lose(...nodes: readonly string[]): void {
  for (const node of nodes) {
    reachability.set(node, 'unreachable');
    cutOff.look();
  }
}

function comeBack(node: string): void {
  reachability.set(node, 'alive');
  cutOff.look();
}

describe('a coordinator cut off from most voters', () => {
  test('lets rest what came from the other side and was heard of late', () => {
    lose('b', 'c');
    expect([cutOff.holds(1, 'a'), cutOff.holds(1, 'd'), cutOff.holds(1, 'b')]).toEqual([false, false, true]);
  });

  test('lets new jobs rest too when the others are back, until it is clear who coordinates', async () => {
    lose('b', 'c');
    await clock.advance(2_000);
    comeBack('b');
    comeBack('c');
    expect(cutOff.holds(3_000, 'a')).toBe(true);
    quorate = true;
    expect(cutOff.holds(3_000, 'a')).toBe(false);
  });

  test('counts one that restarts among those that work on, on whichever side', () => {
    voters = ['a', 'b', 'c', 'd', 'e'];
    reachability.set('e', 'alive');
    cutOff = begin();
    cutOff.look();
    reachability.set('e', 'restarting');
    cutOff.look();
    expect(cutOff.holds(0, 'a')).toBe(false);
    lose('b', 'c');
    expect(cutOff.holds(0, 'a')).toBe(true);
  });

  test('lets rest what the other side knows too, for a moment and no longer', async () => {
    lose('b', 'c');
    expect(cutOff.holds(0, 'a')).toBe(true);
    await clock.advance(cutOffRestMs - 1);
    cutOff.look();
    expect(cutOff.holds(0, 'a')).toBe(true);
    await clock.advance(1);
    expect(cutOff.holds(0, 'a')).toBe(false);
  });

  test('also when their connections close once it found them silent', () => {
    lose('b', 'c');
    connected = [];
    cutOff.look();
    expect(cutOff.holds(0, 'a')).toBe(true);
  });

  test('goes on at once with what came after the cut', async () => {
    lose('b', 'c');
    await clock.advance(10);
    expect(cutOff.holds(clock.now(), 'a')).toBe(false);
  });

  test('rests once more when they are back, until it can know what they did', async () => {
    lose('b', 'c');
    await clock.advance(2 * cutOffRestMs);
    expect(cutOff.holds(0, 'a')).toBe(false);
    comeBack('c');
    expect(cutOff.holds(0, 'a')).toBe(true);
    await clock.advance(metRestMs);
    expect(cutOff.holds(0, 'a')).toBe(false);
  });

  test('goes on at once when its term is quorate after they are back, but not by a term that only seems so', () => {
    quorate = true;
    lose('b', 'c');
    expect(cutOff.holds(0, 'a')).toBe(true);
    comeBack('c');
    expect(cutOff.holds(0, 'a')).toBe(false);
  });

  test('with half of four voters rests if it was elected after the cut, and goes on if it coordinated before', () => {
    voters = ['a', 'b', 'c', 'd'];
    lose('b', 'c');
    expect(cutOff.holds(0, 'a')).toBe(false);
    const elected = begin();
    elected.look();
    expect(elected.holds(0, 'a')).toBe(true);
  });

  test('does not count voters that died before: with those left on one side or the other it is a tie', () => {
    voters = ['a', 'b', 'c', 'd', 'e'];
    connected = ['b', 'c', 'd'];
    lose('e');
    lose('c', 'd');
    expect(cutOff.holds(0, 'a')).toBe(false);
    const elected = begin();
    elected.look();
    expect(elected.holds(0, 'a')).toBe(true);
  });

  test('does not count voters that died before: alone against two it rests', () => {
    voters = ['a', 'b', 'c', 'd', 'e'];
    connected = ['b', 'c'];
    lose('d', 'e', 'b');
    expect(cutOff.holds(0, 'a')).toBe(false);
    lose('c');
    expect(cutOff.holds(0, 'a')).toBe(true);
  });

  test('rests when it has just begun and has met nobody: they may go on without it', async () => {
    await clock.advance(50_000);
    startedAt = clock.now() - 2_000;
    for (const node of ['b', 'c']) reachability.set(node, 'unreachable');
    connected = [];
    const restarted = begin();
    restarted.look();
    expect(restarted.holds(clock.now(), 'a')).toBe(true);
    startedAt = clock.now() - 15_000;
    const old = begin();
    old.look();
    expect(old.holds(clock.now(), 'a')).toBe(false);
  });

  test('rests again at the next cut', async () => {
    lose('b', 'c');
    await clock.advance(2 * cutOffRestMs);
    comeBack('c');
    await clock.advance(metRestMs);
    lose('c');
    expect(cutOff.holds(clock.now(), 'a')).toBe(true);
  });
});

describe('a coordinator goes on with everything', () => {
  test('while most voters are there', () => {
    lose('b', 'd');
    expect(cutOff.holds(0, 'a')).toBe(false);
  });

  test('when the other of two machines falls silent: neither can be sure of the other', () => {
    voters = ['a', 'b'];
    lose('b', 'c', 'd');
    expect(cutOff.holds(0, 'a')).toBe(false);
    const elected = begin();
    elected.look();
    expect(elected.holds(0, 'a')).toBe(false);
  });

  test('when the others died, which closes their connections', () => {
    connected = ['d'];
    lose('b', 'c');
    expect(cutOff.holds(0, 'a')).toBe(false);
  });

  test('while no voters are known', () => {
    voters = [];
    lose('b', 'c', 'd');
    expect(cutOff.holds(0, 'a')).toBe(false);
  });
});
