import type { NodeId } from '../../src/model/job.ts';

export interface ElectionOptions {
  readonly self: NodeId;
  /** The cluster; a seat in another one is given up. */
  readonly cluster?: string | undefined;
  /** This node writes the first record of voters, with itself: `now`, or `later`, when it coordinates and nobody knows of one. Default: never. */
  readonly founding?: 'now' | 'later' | undefined;
  /** After a start or a sleep, milliseconds to hear of a sitting coordinator before the seat is claimed. Default 1500. */
  readonly settleMs?: number;
  /** How long the next in rank gives the one before it. Default 400 ms. */
  readonly staggerMs?: number;
  /** How long a coordinator relies on a voter's renewal, from its sending. Default 3000 ms. */
  readonly leaseMs?: number;
  /** Between renewals while work is open, and otherwise. Default 750 ms and 10 s. */
  readonly renewBusyMs?: number;
  readonly renewIdleMs?: number;
}

export const electionDefaults = {
  cluster: undefined,
  founding: undefined,
  settleMs: 1_500,
  staggerMs: 400,
  leaseMs: 3_000,
  renewBusyMs: 750,
  renewIdleMs: 10_000,
};
