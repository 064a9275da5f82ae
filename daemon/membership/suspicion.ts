/** When silence means death. Pure: the watcher's clock and what the watched node promised decide. */

/**
 * How long silence is borne. At the busy pace of 250 ms four missed heartbeats make a suspect (1 s) and six a lost node (1.5 s). An idle
 * node says less and nothing waits for it: half as many missed ones count, but never sooner than after 4 and 6 s.
 */
function suspectAfterMs(intervalMs: number): number {
  return Math.max(2 * intervalMs, Math.min(4 * intervalMs, 4_000));
}

function unreachableAfterMs(intervalMs: number): number {
  return Math.max(3 * intervalMs, Math.min(6 * intervalMs, 6_000));
}

export type Silence = 'alive' | 'suspect' | 'unreachable';

/** Heartbeats that have a thread of their own come although nothing else works there: a main loop that has stood still for so long is as good as dead. */
const loopSuspectMs = 7_000;
const loopDeadMs = 10_000;

/**
 * @param silentMs since the last heartbeat, less the time by which the watcher itself was late
 * @param intervalMs that the last heartbeat promised until the next
 * @param slackMs added to what is borne: a watcher that was late a moment ago may be so again
 */
export function judgeSilence(silentMs: number, intervalMs: number, slackMs = 0): Silence {
  if (silentMs > unreachableAfterMs(intervalMs) + slackMs) return 'unreachable';
  return silentMs > suspectAfterMs(intervalMs) + slackMs ? 'suspect' : 'alive';
}

/** @param loopAgeMs how long, by the last heartbeat, the main loop of its sender had not turned */
export function judgeLoop(loopAgeMs: number): Silence {
  if (loopAgeMs > loopDeadMs) return 'unreachable';
  return loopAgeMs > loopSuspectMs ? 'suspect' : 'alive';
}

const order: readonly Silence[] = ['alive', 'suspect', 'unreachable'];

export function worse(one: Silence, other: Silence): Silence {
  return order.indexOf(one) > order.indexOf(other) ? one : other;
}

/** May a node that nobody here watches be reached? By the majority of those of its watchers that can be asked; with none, its connection is all there is to go by. */
export function majoritySees(votes: readonly boolean[]): boolean {
  return votes.length === 0 || 2 * votes.filter(Boolean).length >= votes.length;
}
