/** What another machine may ask of a holder of an admin key: to expel a member, a few times an hour, and never so that nobody is left to administer. */
import { SupervmError } from '../src/model/errors.ts';
import type { NodeId } from '../src/model/job.ts';
import type { Clock } from './clock.ts';
import type { Papers } from './network/papers/papers.ts';

/** More, by somebody who holds no admin key, are no person's. */
const mostInAnHour = 4;
const hourMs = 3_600_000;

export interface ExpulsionNeeds {
  readonly clock: Pick<Clock, 'now'>;
  readonly papers: Pick<Papers, 'self' | 'admins'>;
  isMember(node: NodeId): boolean;
}

export class ExpulsionRequests {
  readonly #needs: ExpulsionNeeds;
  /** When each member asked, within the hour. */
  readonly #asked = new Map<NodeId, readonly number[]>();

  constructor(needs: ExpulsionNeeds) {
    this.#needs = needs;
  }

  /** Throws `not-allowed` where this node does not expel `target` at the word of `asker`. Each call counts. */
  check(asker: NodeId, target: NodeId): void {
    const { papers, isMember } = this.#needs;
    const holders = papers.admins.holders();
    const isHolder = holders.includes(asker);
    if (!isHolder && this.#isTooOften(asker))
      throw refused('this machine has asked for too many removals within an hour', 'Type it on a machine that holds an admin key.');
    if (!isMember(target)) throw refused('it is no member that is known there', 'See: supervm nodes');
    if (target === papers.self)
      throw refused('a machine does not remove itself', 'Another machine with an admin key does, or with the recovery code: supervm recover');
    // Else one member could have the holders expel each other, and nobody could let machines in or remove them ever again.
    if (holders.includes(target) && !isHolder)
      throw refused('it holds an admin key', 'Type it on another machine that holds one; or give this machine one, with the recovery code: supervm recover');
    if (holders.every((holder) => holder === target) && holders.length > 0)
      throw refused('it is the last that holds an admin key', 'Invite another machine first.');
  }

  #isTooOften(asker: NodeId): boolean {
    const now = this.#needs.clock.now();
    for (const [node, times] of this.#asked) if (times.every((at) => now - at >= hourMs)) this.#asked.delete(node);
    const times = (this.#asked.get(asker) ?? []).filter((at) => now - at < hourMs);
    if (times.length >= mostInAnHour) return true;
    this.#asked.set(asker, [...times, now]);
    return false;
  }
}

function refused(message: string, hint: string): SupervmError {
  return new SupervmError('not-allowed', message, hint);
}
