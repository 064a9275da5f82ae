/** A running job in words: a block for terminals, one line for everything else. Pure. */
import type { JobView } from '../../api/views.ts';
import { oneLine, type Style } from './style.ts';
import { countText, durationText, percentText, shortId } from './units.ts';

const mostRunning = 16;

/** `12 of 24 done, 2 running, about 40 s left`. Failed tasks and files still to be written are named when there are any. */
export function progressLine(view: JobView): string {
  const { total, kept, running, failed } = view.tasks;
  const parts = [`${kept} of ${total} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (running > 0) parts.push(`${running} running`);
  if (view.phase === 'paused') parts.push('paused');
  if (view.etaSeconds !== undefined && kept + failed < total) parts.push(`about ${durationText(view.etaSeconds)} left`);
  return parts.join(', ');
}

/** Lines no longer than `columns`, without line ends. */
export function progressBlock(view: JobView, waiting: string | undefined, columns: number, style: Style): readonly string[] {
  const { total, kept, running } = view.tasks;
  const head = `${clip(oneLine(view.name), Math.max(20, columns - 50))} ${style.dim(shortId(view.id))}  ${progressLine(view)}`;
  const barWidth = Math.max(10, Math.min(40, columns - 8));
  const full = total === 0 ? 0 : Math.floor((kept / total) * barWidth);
  const bar = `${style.good('█'.repeat(full))}${style.dim('░'.repeat(barWidth - full))} ${percentText(total === 0 ? 0 : kept / total)}`;
  const nameWidth = Math.max(0, ...view.running.map((attempt) => oneLine(attempt.nodeName).length));
  const attempts = view.running.slice(0, mostRunning).map((attempt) => {
    const text = `  ${oneLine(attempt.nodeName).padEnd(nameWidth)}  ${oneLine(attempt.task)}  ${percentText(attempt.fraction).padStart(4)}  ${durationText(attempt.seconds)}`;
    return (attempt.message === '' ? text : `${text}  ${oneLine(attempt.message.split('\n')[0] ?? '')}`).slice(0, columns - 1);
  });
  const more = running > mostRunning ? [`  and ${running - mostRunning} more`] : [];
  const remarks = remarksOf(view, waiting).map((line) => style.warning(`  ${line}`.slice(0, columns - 1)));
  return [clip(head, columns), bar, ...attempts, ...more, ...remarks];
}

/** What a person should know beside the counts. */
export function remarksOf(view: JobView, waiting: string | undefined): readonly string[] {
  const remarks: string[] = [];
  if (waiting !== undefined && view.tasks.running === 0) remarks.push(oneLine(`waiting: ${waiting.replaceAll('\n', ' ')}`));
  const delivered = view.deliveryProblem;
  if (delivered !== undefined) remarks.push(oneLine(`cannot write results: ${delivered.message.replaceAll('\n', ' ')}`));
  if (view.tasks.failed > 0) remarks.push(`${countText(view.tasks.failed, 'task')} failed`);
  return remarks;
}

/** Cuts by characters where there are no colours in the way; a head with colours is short. */
function clip(text: string, columns: number): string {
  return text.includes('\u001b') ? text : text.slice(0, columns - 1);
}
