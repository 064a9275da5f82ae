/** A job's view whenever it changes. */
import type { EventView, JobView } from '../../src/api/views.ts';
import type { JobId } from '../../src/model/job.ts';
import { type EventFeed, jobOf, watch } from './event-feed.ts';
import type { JobBook } from './job-book.ts';
import type { Clock, Journal } from './needs.ts';

/** Facts come in bursts; what runs changes without facts and is asked for. */
const times = { soonMs: 200, restMs: 1000 };

export interface JobWatchNeeds {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly book: JobBook;
  readonly feed: EventFeed;
}

/** Emits the view now and after each change, and each delivered file, until the signal aborts. `enough` ends it early. */
export async function watchJob(
  needs: JobWatchNeeds,
  id: JobId,
  signal: AbortSignal,
  emit: (event: EventView) => void,
  enough: (view: JobView) => boolean = () => false,
): Promise<void> {
  let last = '';
  const wakeBy = (wake: () => void): void =>
    needs.feed.listen((event) => {
      if (jobOf(event) !== id) return;
      if (event.type === 'delivered') emit(event);
      wake();
    }, signal);
  await watch(needs.clock, times, signal, wakeBy, async () => {
    const state = needs.journal.job(id);
    if (state === undefined) return true;
    const view = await needs.book.view(state);
    const text = JSON.stringify(view);
    if (text !== last && !signal.aborted) emit({ type: 'progress', job: id, view });
    last = text;
    return !enough(view);
  });
}
