/**
 * When a machine is cut off from most voters, they most likely go on with every job they know. Running those here too would do their
 * tasks twice; so such jobs rest here for a moment, long enough for a cable or a router to come back, and then go on. When the others are
 * back they rest once more, until it is known here what was done there.
 */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Membership, Messenger, VotedLeadership } from './needs.ts';

export interface CutOffNeeds {
  readonly clock: Clock;
  readonly membership: Pick<Membership, 'member'>;
  readonly messenger: Pick<Messenger, 'connected'>;
  readonly leadership: Pick<VotedLeadership, 'voters' | 'quorate'>;
}

/** How long jobs rest that the other side knows too. */
export const cutOffRestMs = 20_000;

/** A daemon that began so long ago would have met the others by now, were they within reach. */
const youngMs = 10_000;

/** How long after the others are back, unless a quorate term here shows sooner that all they know is known. */
export const metRestMs = 5_000;

export class CutOff {
  readonly #startedAt: number;
  readonly #needs: CutOffNeeds;
  /** Most voters were there once in this term. */
  #hasSat = false;
  #isLacking = false;
  /** Jobs known before `since` rest until `until`; clock milliseconds. */
  #rest: { readonly since: number; readonly until: number; readonly met: boolean } | undefined;

  /** `startedAt`: when this daemon began, clock milliseconds. */
  constructor({ startedAt }: { readonly startedAt: number }, needs: CutOffNeeds) {
    this.#startedAt = startedAt;
    this.#needs = needs;
  }

  /** Call when who is reachable, or who votes, may have changed. */
  look(): void {
    const { clock, membership, messenger, leadership } = this.#needs;
    const voters = leadership.voters()?.voters ?? [];
    const lost = voters.filter(({ node }) => !this.#isHere(node));
    const wasLacking = this.#isLacking;
    this.#isLacking = this.#isMost(lost.length, voters.length);
    if (!this.#isLacking) this.#hasSat = true;
    const now = clock.now();
    if (this.#isLacking && !wasLacking) this.#rest = undefined;
    // They are lost one after another, within moments.
    if (this.#isLacking && this.#rest === undefined) {
      // A daemon that died closed its connections; one that is cut off does not, and only it works on. One that restarts is back in a moment, on
      // whichever side. Of those that it has not met yet a young daemon cannot tell.
      const isYoung = now - this.#startedAt < youngMs;
      const connected = new Set(messenger.connected());
      const restarts = (node: NodeId): boolean => membership.member(node)?.reachability === 'restarting';
      const silent = lost.filter(({ node }) => isYoung || connected.has(node) || restarts(node)).length;
      const living = voters.length - lost.length + silent;
      if (this.#isMost(silent, living)) this.#rest = { since: now, until: now + cutOffRestMs, met: false };
    }
    if (!this.#isLacking && wasLacking && this.#rest !== undefined) this.#rest = { since: now, until: now + metRestMs, met: true };
  }

  /**
   * Does a job rest?
   * @param knownSince clock milliseconds at which it was known here
   * @param submitter its node: of a job that came later from one on the other side they know there too
   */
  holds(knownSince: number, submitter: NodeId): boolean {
    if (this.#rest === undefined || this.#needs.clock.now() >= this.#rest.until) return false;
    // The others hear of new jobs too, and their coordinator may place them. While this side was cut off its last term may seem quorate for a moment.
    if (this.#rest.met) return !this.#needs.leadership.quorate();
    return knownSince <= this.#rest.since || !this.#isHere(submitter);
  }

  #isHere(node: NodeId): boolean {
    return ['alive', 'suspect'].includes(this.#needs.membership.member(node)?.reachability ?? 'unreachable');
  }

  /** Of two halves the one with the sitting coordinator goes on. Two machines alone do both: neither can tell a cut from a loss. */
  #isMost(count: number, of: number): boolean {
    return 2 * count > of || (2 * count === of && of > 2 && !this.#hasSat);
  }
}
