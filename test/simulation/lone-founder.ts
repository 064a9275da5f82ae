/**
 * The one thing that is not promised of quorate terms, as `supervm-guarantees` says too: a founder whose disk was replaced by a backup from
 * before anybody joined is the only voter that it knows of. Cut off, nobody can tell it otherwise.
 */
import type { Chronicle } from './chronicle.ts';
import type { Machine } from './machine.ts';

/** Once it meets somebody it hears of the other voters within this time. */
const hearsMs = 2000;

export function knowsOnlyItself({ plan, life }: Machine, chronicle: Chronicle, now: number): boolean {
  if (life === undefined) return false;
  const { leadership, membership } = life.plane;
  if (membership.reachable().length > 1) life.metAt ??= now;
  const isAlone = leadership.voters()?.voters.length === 1 && now < (life.metAt ?? now) + hearsMs;
  return isAlone && chronicle.losses.some(({ host }) => host === plan.host);
}
