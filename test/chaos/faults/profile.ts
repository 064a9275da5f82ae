/** How much goes wrong, and what is promised nevertheless. */
import type { Bounds } from '../check/violation.ts';
import type { FaultKind } from './kinds.ts';

/** Faults of one lane never overlap, so that a struck machine is back before it is struck again; those of different lanes do. */
export type Lane = 'processes' | 'network' | 'machines';

export interface Shape {
  readonly lane: Lane;
  /** Share among the faults of its lane. */
  readonly weight: number;
  /** Milliseconds. */
  readonly lasts: readonly [number, number];
  readonly strength: readonly [number, number];
}

export interface Profile {
  readonly name: string;
  /** Milliseconds between the end of a fault and the next of its lane. */
  readonly rests: { readonly [lane in Lane]: readonly [number, number] };
  readonly shapes: { readonly [kind in FaultKind]: Shape };
  /** Milliseconds between two submissions. */
  readonly submitEvery: readonly [number, number];
  readonly bounds: Bounds;
}

const none: readonly [number, number] = [0, 0];

/**
 * The profile of the promises in numbers: six to eight faults a minute, two or three at once. Daemons die and come back within seconds, cables
 * are cut for up to twelve, one packet in ten is lost, links become as slow as over half the world, disks fill, clocks jump, a machine is lost.
 * Whatever runs when its machine is cut off runs again elsewhere, so the share of tasks executed twice is the rate of such faults times
 * the length of a task times the share of the machines that is struck: with tasks of a third of a second well below a hundredth.
 */
export const standard: Profile = {
  name: 'standard',
  rests: { processes: [6000, 24_000], network: [8000, 28_000], machines: [15_000, 45_000] },
  shapes: {
    kill: { lane: 'processes', weight: 5, lasts: [100, 2500], strength: none },
    'kill-all': { lane: 'processes', weight: 0.5, lasts: [500, 3000], strength: none },
    restart: { lane: 'processes', weight: 2, lasts: [100, 2000], strength: none },
    stop: { lane: 'processes', weight: 3, lasts: [200, 6000], strength: none },
    sleep: { lane: 'processes', weight: 0.7, lasts: [10_000, 20_000], strength: none },
    partition: { lane: 'network', weight: 3, lasts: [1000, 12_000], strength: none },
    'one-way': { lane: 'network', weight: 1, lasts: [1000, 8000], strength: none },
    loss: { lane: 'network', weight: 2, lasts: [4000, 12_000], strength: [0.02, 0.1] },
    delay: { lane: 'network', weight: 2, lasts: [4000, 15_000], strength: [20, 100] },
    'full-disk': { lane: 'machines', weight: 2, lasts: [4000, 15_000], strength: none },
    clock: { lane: 'machines', weight: 2, lasts: [5000, 30_000], strength: none },
    wipe: { lane: 'processes', weight: 0.5, lasts: [500, 4000], strength: none },
  },
  submitEvery: [500, 2500],
  bounds: { executedTwice: 0.01, requestsInTime: 0.9999, requestMs: 10_000, settleMs: 60_000 },
};

/** Twice as much at once, and no promise in numbers but that all becomes well: for finding defects. */
const harsh: Profile = {
  ...standard,
  name: 'harsh',
  rests: { processes: [500, 6000], network: [500, 6000], machines: [3000, 15_000] },
  bounds: { executedTwice: 1, requestsInTime: 0, requestMs: 10_000, settleMs: 120_000 },
};

/** Nothing goes wrong: what the machinery of the tests itself costs, and where no task may run twice. */
const calm: Profile = {
  ...standard,
  name: 'calm',
  rests: { processes: [1e12, 1e12], network: [1e12, 1e12], machines: [1e12, 1e12] },
  bounds: { ...standard.bounds, executedTwice: 0 },
};

export const profiles: { readonly [name: string]: Profile } = { standard, harsh, calm };
