/** What happens, told to whoever listens right now: one subscription below, any number of callers above. */
import type { EventView } from '../../src/api/views.ts';
import type { JobId, NodeId } from '../../src/model/job.ts';
import { taskKey } from '../../src/model/parameter-space.ts';
import { conflictView } from './job-views.ts';
import type { Clock, Journal, Membership } from './needs.ts';
import type { Deliveries } from './services.ts';

export type FeedEvent = Exclude<EventView, { type: 'progress' }> | { readonly type: 'delivery-problem'; readonly job: JobId };

export interface EventFeedNeeds {
  readonly journal: Pick<Journal, 'onFact'>;
  readonly membership: Pick<Membership, 'onChange'>;
  readonly deliveries: Pick<Deliveries, 'onDelivered' | 'onProblem'>;
  nameOf(node: NodeId): string;
}

export class EventFeed {
  readonly #listeners = new Set<(event: FeedEvent) => void>();

  constructor(needs: EventFeedNeeds) {
    const tell = (event: FeedEvent): void => {
      for (const listener of this.#listeners) listener(event);
    };
    needs.journal.onFact((fact, state) => {
      tell({ type: 'fact', fact });
      const key = fact.type === 'result-kept' ? taskKey(fact.attempt.step, fact.attempt.index) : undefined;
      if (key !== undefined && state.conflicts.has(key)) tell({ type: 'conflict', job: fact.job, conflict: conflictView(state, key, needs.nameOf) });
    });
    needs.membership.onChange(() => tell({ type: 'nodes' }));
    needs.deliveries.onDelivered((delivered) => tell({ type: 'delivered', ...delivered }));
    needs.deliveries.onProblem((job) => tell({ type: 'delivery-problem', job }));
  }

  /** Until the signal aborts. */
  listen(listener: (event: FeedEvent) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }
}

/** The job that an event is about. */
export function jobOf(event: FeedEvent): JobId | undefined {
  switch (event.type) {
    case 'fact':
      return event.fact.job;
    case 'conflict':
    case 'delivered':
    case 'delivery-problem':
      return event.job;
    case 'nodes':
      return undefined;
  }
}

/**
 * Runs `look` now, soon after each `wake` and every `restMs` without one, never twice at once and never more often than every
 * `soonMs`; until the signal aborts or `look` answers false. Rejects when `look` does.
 */
export async function watch(
  clock: Clock,
  times: { readonly soonMs: number; readonly restMs: number },
  signal: AbortSignal,
  wakeBy: (wake: () => void) => void,
  look: () => Promise<boolean>,
): Promise<void> {
  let woken = false;
  let ring: (() => void) | undefined;
  wakeBy(() => {
    woken = true;
    ring?.();
  });
  const pause = (milliseconds: number, early: boolean): Promise<void> =>
    new Promise((resolve) => {
      if (early && woken) return resolve();
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        ring = undefined;
        resolve();
      };
      const timer = clock.after(milliseconds, end);
      signal.addEventListener('abort', end, { once: true });
      if (early) ring = end;
    });
  while (!signal.aborted) {
    woken = false;
    if (!(await look())) return;
    if (!signal.aborted) await pause(times.soonMs, false);
    if (!signal.aborted) await pause(Math.max(0, times.restMs - times.soonMs), true);
  }
}
