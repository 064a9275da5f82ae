/**
 * This node's heartbeats on their way out: by the carrier, whose thread beats whatever the main loop does, and as messages to those whom
 * it does not reach. It knows how long peers cannot have heard of this node, which is not how long the main loop was busy.
 */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { BeatCarrier } from '../wire/beat-carrier.ts';
import type { Neighbours } from './neighbours.ts';
import { Patience } from './patience.ts';

/** Every so many beats all are told by message too: messages carry the term, and show that the stream lives. */
const messageEach = 20;

export interface HeartNeeds {
  readonly clock: Clock;
  readonly neighbours: Neighbours;
  readonly beats: BeatCarrier | undefined;
  /** A heartbeat as a message. */
  say(peer: NodeId, intervalMs: number): void;
}

export class Heart {
  readonly #needs: HeartNeeds;
  readonly #patience = new Patience();
  #beaten = 0;
  #sleptMs: number;
  /** Whom beats reached at the last turn: whoever has fallen silent since is the one who is to blame. */
  #reached: ReadonlySet<NodeId> = new Set();

  constructor(needs: HeartNeeds) {
    this.#needs = needs;
    this.#sleptMs = needs.clock.slept?.() ?? 0;
  }

  /** `toAll`: a new pace must be known to everybody, whatever gets lost. */
  beat(intervalMs: number, toAll: boolean): void {
    const { neighbours, beats, say } = this.#needs;
    const watchers = neighbours.watchers();
    this.#beaten += 1;
    beats?.beat(watchers, intervalMs);
    const everybody = beats === undefined || toAll || this.#beaten % messageEach === 0;
    for (const peer of watchers) if (everybody || !beats.reaches(peer)) say(peer, intervalMs);
  }

  /** Nobody gets any more. */
  end(): void {
    this.#needs.beats?.beat([], 0);
  }

  /**
   * Reads what came by the carrier and judges all neighbours. Returns the milliseconds for which some watcher heard nothing of this node.
   * @param lateMs by which this turn of the main loop came late
   */
  judge(lateMs: number): number {
    const { neighbours, beats, clock } = this.#needs;
    beats?.tick();
    const now = clock.now();
    const slept = (clock.slept?.() ?? 0) - this.#sleptMs;
    this.#sleptMs += slept;
    // Of the process and of the whole machine, whose sleep the thread does not notice: a machine that wakes is often slow to go on. A busy main
    // loop alone keeps nobody from hearing beats that need none.
    const stoodMs = beats === undefined ? lateMs : beats.stoodStill() + slept;
    let absentMs = stoodMs;
    const reached = new Set(neighbours.ids().filter((peer) => beats?.reaches(peer) === true));
    for (const peer of neighbours.ids()) {
      const ownMs = reached.has(peer) || this.#reached.has(peer) ? stoodMs : Math.max(stoodMs, lateMs);
      if (neighbours.watchers().includes(peer)) absentMs = Math.max(absentMs, ownMs);
      neighbours.excuse(peer, ownMs, now);
      const news = beats?.news(peer);
      if (news !== undefined) neighbours.beat(peer, news, now);
    }
    this.#reached = reached;
    this.#patience.late(absentMs, now);
    neighbours.judge(now, this.#patience.slackMs(now));
    return absentMs;
  }
}
