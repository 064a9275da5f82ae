import { beforeEach, describe, expect, test } from 'vitest';
import { CutOff, cutOffRestMs } from '../../../daemon/coordinator/cut-off.ts';
import type { Reachability } from '../../../src/model/inventory.ts';
import { firstTerm } from '../../support/jobs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

let clock: VirtualClock;
let voters: string[];
let connected: string[];
let reachability: Map<string, Reachability>;
let cutOff: CutOff;

beforeEach(() => {
  clock = new VirtualClock();
  voters = ['a', 'b', 'c'];
  connected = ['b', 'c', 'd'];
  reachability = new Map(['a', 'b', 'c', 'd'].map((id) => [id, 'alive']));
  cutOff = new CutOff({
    clock,
    membership: { member: (id) => ({ reachability: reachability.get(id) }) as never },
    messenger: { connected: () => connected },
    leadership: { voters: () => ({ number: 1, term: firstTerm, voters: voters.map((node) => ({ node, store: node })) }) },
  });
  cutOff.look();
});

function lose(...nodes: readonly string[]): void {
  for (const node of nodes) {
    reachability.set(node, 'unreachable');
    cutOff.look();
  }
}

describe('a coordinator cut off from most voters', () => {
  test('lets rest what the other side knows too, for a moment and no longer', async () => {
    lose('b', 'c');
    expect(cutOff.holds(0)).toBe(true);
    await clock.advance(cutOffRestMs - 1);
    cutOff.look();
    expect(cutOff.holds(0)).toBe(true);
    await clock.advance(1);
    expect(cutOff.holds(0)).toBe(false);
  });

  test('also when their connections close once it found them silent', () => {
    lose('b', 'c');
    connected = [];
    cutOff.look();
    expect(cutOff.holds(0)).toBe(true);
  });

  test('goes on at once with what came after the cut', async () => {
    lose('b', 'c');
    await clock.advance(10);
    expect(cutOff.holds(clock.now())).toBe(false);
  });

  test('goes on with everything once one of them is back', () => {
    lose('b', 'c');
    reachability.set('c', 'alive');
    cutOff.look();
    expect(cutOff.holds(0)).toBe(false);
  });

  test('rests again at the next cut', async () => {
    lose('b', 'c');
    await clock.advance(2 * cutOffRestMs);
    reachability.set('c', 'alive');
    cutOff.look();
    lose('c');
    expect(cutOff.holds(clock.now())).toBe(true);
  });
});

describe('a coordinator goes on with everything', () => {
  test('while most voters are there', () => {
    lose('b', 'd');
    expect(cutOff.holds(0)).toBe(false);
  });

  test('when the other of two machines falls silent: neither can be sure of the other', () => {
    voters = ['a', 'b'];
    lose('b', 'c', 'd');
    expect(cutOff.holds(0)).toBe(false);
  });

  test('when the others died, which closes their connections', () => {
    connected = ['d'];
    lose('b', 'c');
    expect(cutOff.holds(0)).toBe(false);
  });

  test('while no voters are known', () => {
    voters = [];
    lose('b', 'c', 'd');
    expect(cutOff.holds(0)).toBe(false);
  });
});
