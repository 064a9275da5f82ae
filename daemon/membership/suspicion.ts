/** When silence means death. Pure: the watcher's clock and what the watched node promised decide. */

/** Heartbeats that may be missed before a node is suspected: 1 s at the busy pace of 250 ms. */
const missedUntilSuspect = 4;
/** Heartbeats missed before it counts as unreachable: 1.5 s at the busy pace. */
const missedUntilUnreachable = 6;

export type Silence = 'alive' | 'suspect' | 'unreachable';

/**
 * @param silentMs since the last heartbeat, less the time by which the watcher itself was late
 * @param intervalMs that the last heartbeat promised until the next
 */
export function judgeSilence(silentMs: number, intervalMs: number): Silence {
  if (silentMs > missedUntilUnreachable * intervalMs) return 'unreachable';
  return silentMs > missedUntilSuspect * intervalMs ? 'suspect' : 'alive';
}

/** May a node that nobody here watches be reached? By the majority of those of its watchers that can be asked; with none, its connection is all there is to go by. */
export function majoritySees(votes: readonly boolean[]): boolean {
  return votes.length === 0 || 2 * votes.filter(Boolean).length >= votes.length;
}
