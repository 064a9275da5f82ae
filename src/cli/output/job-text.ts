/** Jobs for people. Pure. */

import { heldCopies } from '../../api/held-copies.ts';
import type { LogView } from '../../api/requests.ts';
import { hasEnded } from '../../api/settled.ts';
import type { ConflictView, FailureView, JobView, ResultView, WhyView } from '../../api/views.ts';
import { boundsTexts } from './bounds-text.ts';
import { progressLine } from './progress-text.ts';
import { oneLine, printable, type Style } from './style.ts';
import { table } from './table.ts';
import { bytesText, countText, durationText, momentText, percentText, shortId } from './units.ts';

/** Lines of a failed task's log that are shown with its name. */
const logLines = 12;
const mostFailures = 10;
/** Of all results together. */
const mostWarnings = 50;
/** Characters of a line of a log; the rest only fills the screen. */
const longestLine = 4000;

export function phaseText(view: JobView, style: Style): string {
  switch (view.phase) {
    case 'succeeded':
      return style.good('succeeded');
    case 'failed':
    case 'partly-failed':
      return style.bad(view.phase);
    case 'cancelled':
    case 'paused':
    case 'removed':
      return style.warning(view.phase);
    case 'active':
      return view.tasks.running > 0 ? 'running' : 'waiting';
  }
}

export function jobsText(views: readonly JobView[], style: Style): string {
  if (views.length === 0) return 'No jobs yet. Try: supervm render scene.blend';
  const rows = views.map((view) => [
    shortId(view.id),
    oneLine(view.name),
    oneLine(view.type),
    phaseText(view, style),
    `${view.tasks.kept}/${view.tasks.total}`,
    `${heldCopies(view)}/${view.copiesWanted}`,
    String(view.tasks.running),
    view.etaSeconds === undefined || hasEnded(view) ? '-' : durationText(view.etaSeconds),
    momentText(view.submittedAt),
  ]);
  return table([['JOB', 'NAME', 'TYPE', 'STATE', 'DONE', 'COPIES', 'RUNNING', 'LEFT', 'SUBMITTED'].map((title) => style.dim(title)), ...rows]);
}

export function jobText(view: JobView, style: Style): string {
  const rows: [string, string][] = [
    ['job', view.id],
    ['name', oneLine(view.name)],
    ['state', phaseText(view, style)],
    ['tasks', progressLine(view)],
    ['submitted', `${momentText(view.submittedAt)} by ${oneLine(view.owner)}${view.generation > 1 ? `, try ${view.generation}` : ''}`],
    ['copies', copiesText(view)],
  ];
  for (const line of boundsTexts(view.bounds ?? [])) rows.push(['sandbox', line]);
  if (view.outputFolder !== '')
    rows.push(['output', `${oneLine(view.outputFolder)}${view.delivered === undefined ? '' : ` (${countText(view.delivered, 'file')})`}`]);
  if (view.deliveryProblem !== undefined) rows.push(['problem', style.bad(printable(view.deliveryProblem.message))]);
  for (const conflict of view.conflictingResults) rows.push(['conflict', conflictText(conflict)]);
  const running = view.running.map((attempt) => [
    '',
    oneLine(attempt.nodeName),
    oneLine(attempt.task),
    percentText(attempt.fraction),
    durationText(attempt.seconds),
    printable(attempt.message).split('\n')[0] ?? '',
  ]);
  const parts = [table(rows)];
  if (running.length > 0) parts.push(table(running));
  if (view.failures.length > 0) parts.push(failuresText(view, style));
  return parts.join('\n\n');
}

function copiesText({ copies, copiesWanted, resultCopies }: JobView): string {
  if (copiesWanted <= 1) return 'stored on this machine only';
  const results =
    resultCopies === undefined ? '' : `; results not written out yet on ${resultCopies === 0 ? 'no machine' : countText(resultCopies, 'machine')}`;
  return `${copies.length} of ${copiesWanted}${results}`;
}

/** `render frame=1 has 2 results: 3f2a9c01 from workshop was chosen, not 77ab12ef from laptop`: which machine made which bytes. */
function conflictText({ task, results }: ConflictView): string {
  const named = results.map(({ nodeName, outputs }) => `${outputs.map(({ digest }) => digest.slice(0, 8)).join(' ') || 'no files'} from ${oneLine(nodeName)}`);
  const [chosen, ...others] = named;
  return `${oneLine(task)} has ${results.length} results: ${chosen} was chosen, not ${others.join(', ')}`;
}

/** Names of failed tasks with the reason and the end of their logs, and what to type next. */
function failuresText(view: JobView, style: Style): string {
  const shown = view.failures.slice(0, mostFailures);
  const hidden = view.tasks.failed - shown.length;
  const parts = shown.map((failure) => failureText(failure, style));
  if (hidden > 0) parts.push(`and ${countText(hidden, 'more failed task')}; see: supervm logs ${shortId(view.id)}`);
  if (hasEnded(view)) parts.push(`To run again what has no result: supervm retry ${shortId(view.id)}`);
  return parts.join('\n');
}

function failureText(failure: FailureView, style: Style): string {
  const head = `${style.bad('failed:')} ${oneLine(failure.task)} on ${oneLine(failure.nodeName)} after ${countText(failure.attempts, 'attempt')}: ${inset(failure.message)} [${oneLine(failure.code)}]`;
  const tail = printable(failure.logTail)
    .trimEnd()
    .split('\n')
    .slice(-logLines)
    .filter((line) => line !== '')
    .map((line) => line.slice(0, longestLine));
  return [head, ...tail.map((line) => style.dim(`    ${line}`))].join('\n');
}

/** How a job that was waited for ended, and whether that stays so. */
export function outcomeText(view: JobView, style: Style): string {
  const text = endText(view, style);
  if (view.degraded !== true) return text;
  return `${text}\n${style.warning('degraded:')} most of the voters were out of reach; should they have ended it otherwise, that counts`;
}

function endText(view: JobView, style: Style): string {
  const { kept, total } = view.tasks;
  const where = view.outputFolder === '' ? '' : ` in ${oneLine(view.outputFolder)}`;
  switch (view.phase) {
    case 'succeeded': {
      const conflicts =
        view.conflicts.length === 0 ? '' : `\n${style.warning('warning:')} ${countText(view.conflicts.length, 'task')} had two results; one was chosen`;
      return `${style.good('done:')} ${kept} of ${total}${where}${conflicts}`;
    }
    case 'partly-failed':
    case 'failed':
      return `${failuresText(view, style)}\n${style.bad(`${view.phase}:`)} ${kept} of ${total} done${kept > 0 ? where : ''}, ${view.tasks.failed} failed`;
    case 'cancelled':
      return `${style.warning('cancelled:')} ${kept} of ${total} done${kept > 0 ? where : ''}`;
    default:
      return `${view.phase}: ${progressLine(view)}`;
  }
}

export function whyText(view: WhyView, job: JobView | undefined, style: Style): string {
  if (view.reasons.length === 0) return job === undefined ? 'Nothing waits.' : `Nothing waits: the job is ${phaseText(job, style)} (${progressLine(job)}).`;
  return view.reasons
    .map((reason) => {
      const nodes = reason.nodes.map((node) => `    ${oneLine(node.name)} ${inset(node.reason)}`);
      return [`${style.bold(oneLine(reason.code))}: ${inset(reason.message)}`, ...(reason.hint === '' ? [] : [`  ${inset(reason.hint)}`]), ...nodes].join('\n');
    })
    .join('\n');
}

export function resultsText(results: readonly ResultView[], style: Style): string {
  if (results.length === 0) return 'No results yet.';
  const rows = results.map((result) => [
    oneLine(result.task),
    oneLine(result.nodeName),
    String(result.process),
    `${result.seconds.toFixed(1)} s`,
    bytesText(result.outputs.reduce((sum, output) => sum + output.size, 0)),
    oneLine(result.outputs.map((output) => output.path).join(', ')),
  ]);
  const warned = results.flatMap(({ task, warnings }) => warnings.map((warning) => `${style.warning('warning:')} ${oneLine(task)}: ${oneLine(warning)}`));
  const shown = warned.slice(0, mostWarnings);
  if (warned.length > shown.length) shown.push(`and ${countText(warned.length - shown.length, 'more warning')}; see all with --json`);
  return [table([['TASK', 'NODE', 'PROCESS', 'TOOK', 'SIZE', 'FILES'].map((title) => style.dim(title)), ...rows]), ...shown].join('\n');
}

export function logsText(logs: readonly LogView[], style: Style): string {
  if (logs.length === 0) return 'No attempt has ended yet.';
  return logs
    .map((log) => {
      const outcome = log.outcome === 'kept' ? style.good('kept') : style.bad('failed');
      const head = `${oneLine(log.task)}  attempt ${log.attempt} on ${oneLine(log.nodeName)}  ${outcome}: ${inset(log.message)}`;
      return [head, ...log.lines.map((line) => `    ${clipped(line)}`)].join('\n');
    })
    .join('\n');
}

/** What somebody else says, in lines that cannot be taken for ours. */
function inset(text: string): string {
  return printable(text).replaceAll('\n', '\n    ');
}

function clipped(line: string): string {
  const text = oneLine(line.replace(/\r$/, ''));
  const rest = text.length - longestLine;
  return rest <= 0 ? text : `${text.slice(0, longestLine)} [${countText(rest, 'more character')}; all of it: --json]`;
}
