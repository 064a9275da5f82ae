/** Heartbeats that do not depend on the main loop, as membership uses them. The real ones are in daemon/network/beats; where there are none, heartbeats are messages. */
import type { NodeId } from '../../src/model/job.ts';

export interface Beat {
  /** Milliseconds since it arrived, time in suspend not counted. */
  readonly ageMs: number;
  /** Until the next one. */
  readonly promisedMs: number;
  /** How long its sender's main loop had not turned when it left. */
  readonly loopAgeMs: number;
}

export interface BeatCarrier {
  /** From now on these peers get a beat each `intervalMs`, and nobody else does. */
  beat(peers: readonly NodeId[], intervalMs: number): void;
  /** The main loop turns: every beat tells how long ago that was. */
  tick(): void;
  /** The last beat of this peer if it came after the one that was returned before. */
  news(peer: NodeId): Beat | undefined;
  /** True while the peer confirms that beats reach it, so that none need to go another way. */
  reaches(peer: NodeId): boolean;
  /** How long beats stood still since this was last asked (ms), because the process was stopped or got no processor. */
  stoodStill(): number;
}
