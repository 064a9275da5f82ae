/**
 * When a machine is cut off from most voters, they most likely go on with every job they know. Running those here too would do their
 * tasks twice; so such jobs rest here for a moment, long enough for a cable or a router to come back, and then go on.
 */
import { isMajority } from '../../src/model/voters.ts';
import type { Clock, Membership, Messenger, VotedLeadership } from './needs.ts';

export interface CutOffNeeds {
  readonly clock: Clock;
  readonly membership: Pick<Membership, 'member'>;
  readonly messenger: Pick<Messenger, 'connected'>;
  readonly leadership: Pick<VotedLeadership, 'voters'>;
}

/** How long jobs rest that the other side knows too. */
export const cutOffRestMs = 20_000;

export class CutOff {
  readonly #needs: CutOffNeeds;
  /** Clock milliseconds. */
  #since: number | undefined;
  #wasLacking = false;

  constructor(needs: CutOffNeeds) {
    this.#needs = needs;
  }

  /** Call when who is reachable, or who votes, may have changed. */
  look(): void {
    const { clock, membership, messenger, leadership } = this.#needs;
    const voters = leadership.voters()?.voters ?? [];
    const lost = voters.filter(({ node }) => !['alive', 'suspect'].includes(membership.member(node)?.reachability ?? 'unreachable'));
    const isLacking = isMajority(voters, (voter) => lost.includes(voter));
    if (isLacking && !this.#wasLacking) {
      // A daemon that died closed its connections; one that is cut off does not, and only it works on.
      const connected = new Set(messenger.connected());
      const isCut = isMajority(voters, (voter) => lost.includes(voter) && connected.has(voter.node));
      this.#since = isCut ? clock.now() : undefined;
    }
    if (!isLacking) this.#since = undefined;
    this.#wasLacking = isLacking;
  }

  /**
   * Does a job rest that was known here at `knownSince`?
   * @param knownSince clock milliseconds
   */
  holds(knownSince: number): boolean {
    return this.#since !== undefined && knownSince <= this.#since && this.#needs.clock.now() < this.#since + cutOffRestMs;
  }
}
