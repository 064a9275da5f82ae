/** The connected peers: who was heard when, who promised heartbeats to us, and to whom we promised ours. */
import type { NodeId } from '../../src/model/job.ts';
import type { Beat } from '../wire/beat-carrier.ts';
import { judgeLoop, judgeSilence, type Silence, worse } from './suspicion.ts';
import { watchersOf } from './watchers.ts';

interface Neighbour {
  /** Said anything since it connected? Before that its connection may belong to a newer life than the one we know. */
  heard: boolean;
  heardAt: number;
  /** Until its next heartbeat; 0 while it sends us none. */
  intervalMs: number;
  /** How long its main loop had not turned, by its last heartbeat; 0 when it spoke itself. */
  loopAgeMs: number;
  silence: Silence;
}

export class Neighbours {
  readonly #self: NodeId;
  readonly #byId = new Map<NodeId, Neighbour>();
  #watchers: readonly NodeId[] = [];

  constructor(self: NodeId) {
    this.#self = self;
  }

  ids(): readonly NodeId[] {
    return [...this.#byId.keys()];
  }

  has(id: NodeId): boolean {
    return this.#byId.has(id);
  }

  /** Those that get our heartbeats. */
  watchers(): readonly NodeId[] {
    return this.#watchers;
  }

  /** `promisedMs`: what to expect of it until it says so itself. */
  connected(id: NodeId, now: number, promisedMs: number): void {
    this.#byId.set(id, { heard: this.#byId.get(id)?.heard ?? false, heardAt: now, intervalMs: promisedMs, loopAgeMs: 0, silence: 'alive' });
    this.#watchers = watchersOf(this.#self, this.ids());
  }

  disconnected(id: NodeId): void {
    this.#byId.delete(id);
    this.#watchers = watchersOf(this.#self, this.ids());
  }

  /** It said something. True when that changes what we think of it. */
  heard(id: NodeId, now: number): boolean {
    const neighbour = this.#byId.get(id);
    if (neighbour === undefined) return false;
    const news = !neighbour.heard || neighbour.silence !== 'alive';
    neighbour.heard = true;
    neighbour.heardAt = now;
    neighbour.loopAgeMs = 0;
    neighbour.silence = 'alive';
    return news;
  }

  /** It promised its next heartbeat. True when the promise is a new one. */
  promised(id: NodeId, intervalMs: number): boolean {
    const neighbour = this.#byId.get(id);
    if (neighbour === undefined || neighbour.intervalMs === intervalMs) return false;
    neighbour.intervalMs = intervalMs;
    return true;
  }

  /** A heartbeat came beside the messages: its thread lives, its main loop perhaps not. Whether it sends any at all is said in messages only. */
  beat(id: NodeId, { ageMs, promisedMs, loopAgeMs }: Beat, now: number): void {
    const neighbour = this.#byId.get(id);
    if (neighbour === undefined) return;
    neighbour.heardAt = Math.max(neighbour.heardAt, now - ageMs);
    neighbour.loopAgeMs = loopAgeMs;
    if (neighbour.intervalMs > 0) neighbour.intervalMs = promisedMs;
  }

  /** We slept or were busy for so long: this one is not to blame for that silence. */
  excuse(id: NodeId, lateMs: number, now: number): void {
    const neighbour = this.#byId.get(id);
    if (neighbour !== undefined) neighbour.heardAt = Math.min(now, neighbour.heardAt + lateMs);
  }

  /** @param slackMs to be added to what is borne */
  judge(now: number, slackMs: number): void {
    for (const neighbour of this.#byId.values()) {
      const { intervalMs, heardAt, loopAgeMs } = neighbour;
      neighbour.silence = intervalMs === 0 ? 'alive' : worse(judgeSilence(now - heardAt, intervalMs, slackMs), judgeLoop(loopAgeMs));
    }
  }

  /** What we think of it; undefined when we have no judgement of our own, for it sends us no heartbeats. */
  opinionOf(id: NodeId): Silence | undefined {
    const neighbour = this.#byId.get(id);
    if (neighbour === undefined || !neighbour.heard) return 'unreachable';
    return neighbour.intervalMs === 0 ? undefined : neighbour.silence;
  }

  /** By the pace that it promised; 0 while it sends us none. */
  missedBeats(id: NodeId, now: number): number {
    const { intervalMs = 0, heardAt = now } = this.#byId.get(id) ?? {};
    return intervalMs === 0 ? 0 : (now - heardAt) / intervalMs;
  }

  /** The shortest promise that we watch over. */
  shortestPromise(): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (const { intervalMs } of this.#byId.values()) if (intervalMs > 0 && intervalMs < shortest) shortest = intervalMs;
    return shortest;
  }
}
