/** When waiting for a job is over. */
import type { JobView } from './views.ts';

/** What a person must mend before results can be written. */
const lasting = ['output-unwritable', 'disk-full'];

export function hasEnded(view: JobView): boolean {
  return view.phase !== 'active' && view.phase !== 'paused';
}

/** Ended, and what the submitting node is to write into the output folder is there, or cannot be written until somebody mends it. */
export function isSettled(view: JobView): boolean {
  if (!hasEnded(view)) return false;
  return view.phase === 'removed' || view.deliveryComplete !== false || isUndeliverable(view);
}

/** Ended in a quorate term, but not known yet to be so on most voters: that takes a moment more. */
export function awaitsVoters(view: JobView): boolean {
  return hasEnded(view) && view.phase !== 'removed' && !view.settled && view.degraded !== true;
}

export function isUndeliverable(view: JobView): boolean {
  return view.deliveryProblem !== undefined && lasting.includes(view.deliveryProblem.code);
}
