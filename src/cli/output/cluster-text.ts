/** Nodes and the cluster for people. Pure. */
import type { NodeView, StatusView } from '../../api/views.ts';
import { isDraining } from '../../model/inventory.ts';
import { isolationOf } from '../../model/isolation.ts';
import { oneLine, printable, type Style } from './style.ts';
import { table } from './table.ts';
import { bytesText, coresText, countText, durationText, shortId } from './units.ts';

export function statusText(view: StatusView, style: Style): string {
  const { totals, queue } = view;
  const gpus = totals.gpus === 0 ? '' : `, ${countText(totals.gpus, 'GPU')}`;
  const coordinator = view.nodes.find((node) => node.coordinator);
  const leading =
    view.coordinator === undefined
      ? style.warning('none elected right now')
      : `${oneLine(coordinator?.name ?? view.coordinator.node)} (term ${view.coordinator.number}${standingText(view, style)})`;
  const eta = queue.etaSeconds === undefined ? '' : `, about ${durationText(queue.etaSeconds)} left`;
  const head = [
    `${style.bold(countText(totals.nodes, 'node'))}, ${countText(totals.cores, 'core').replace(String(totals.cores), coresText(totals.cores))}, ${bytesText(totals.memoryBytes)} memory (${bytesText(totals.freeMemoryBytes)} free)${gpus}`,
    `cluster      ${view.cluster}`,
    `coordinator  ${leading}`,
    `durability   ${durabilityText(view, style)}`,
    `queue        ${countText(queue.jobs, 'job')}, ${countText(queue.runningTasks, 'task')} running, ${queue.pendingTasks} waiting${eta}`,
  ];
  if (view.http !== undefined) head.push(`HTTP         ${view.http}`);
  head.push(...openText(view.nodes, style));
  for (const problem of view.durability.problems) {
    const subject = problem.code === 'identity-in-use' ? 'identity     ' : 'disk         ';
    head.push(style.bad(`${subject}${printable(problem.message)} ${printable(problem.hint)}`.trimEnd()));
  }
  return `${head.join('\n')}\n\n${nodesText(view.nodes, style)}`;
}

/** The machines on which tasks are not kept apart as well as can be, by what is missing there. */
function openText(nodes: readonly NodeView[], style: Style): readonly string[] {
  const levels = ['none', 'user', 'limited'] as const;
  return levels.flatMap((level) => {
    const those = nodes.filter(({ inventory }) => isolationOf(inventory) === level);
    const byReason = Map.groupBy(those, ({ inventory: { labels } }) => labels['sandbox-reason'] ?? 'bubblewrap is missing or not permitted');
    return [...byReason].map(([reason, some]) => {
      const names = some.map((node) => printable(node.name)).join(', ');
      const why = printable(reason);
      if (level === 'limited') return `sandbox      limited on ${names}: ${why}`;
      const can = level === 'none' ? "can read and change what the daemon's user can" : 'see all files that everybody may read, and the network';
      return style.warning(`${level === 'none' ? 'no sandbox  ' : 'weak sandbox'} tasks on ${names} ${can}: ${why}`);
    });
  });
}

/** `quorate`, or what a majority lacks: then what must not happen twice waits. */
function standingText({ standing }: StatusView, style: Style): string {
  if (standing === undefined) return '';
  if (standing.quorate) return ', quorate';
  const reach = standing.voters === 0 ? 'no voters yet' : `${standing.reachable} of ${countText(standing.voters, 'voter')} reachable`;
  return style.warning(`, degraded: ${reach}, repeatable work goes on`);
}

/** `2 of 3 copies`: of the open job that the fewest machines hold. */
function durabilityText({ durability: { copies, wanted, job } }: StatusView, style: Style): string {
  if (wanted <= 1) return style.warning('stored on this machine only; for a second copy: supervm invite');
  if (job === undefined) return `new jobs are kept on ${countText(copies, 'machine')}`;
  const text = `${copies} of ${wanted} copies`;
  return copies < wanted ? style.warning(`${text} of job ${shortId(job)}`) : `${text} of every open job`;
}

export function nodesText(nodes: readonly NodeView[], style: Style): string {
  const rows = nodes.map((node) => [
    `${oneLine(node.name)}${node.self ? ' (here)' : ''}`,
    stateText(node, style),
    coresText(node.inventory.cores),
    `${bytesText(node.inventory.freeMemoryBytes)} of ${bytesText(node.inventory.memoryBytes)}`,
    `${Math.round(node.inventory.cpuLoad * 100)}%`,
    node.inventory.gpus.length === 0 ? '-' : oneLine(node.inventory.gpus.map((gpu) => gpu.model).join(', ')),
    String(node.running),
    isolationOf(node.inventory) ?? '-',
    oneLine(node.inventory.programs.map((program) => `${program.name} ${program.version}`).join(', ')) || '-',
  ]);
  return table([['NODE', 'STATE', 'CORES', 'FREE MEMORY', 'LOAD', 'GPUS', 'TASKS', 'SANDBOX', 'PROGRAMS'].map((title) => style.dim(title)), ...rows]);
}

function stateText(node: NodeView, style: Style): string {
  if (node.reachability === 'unreachable' || node.reachability === 'left') return style.bad(node.reachability);
  const words = [node.reachability === 'alive' ? style.good('alive') : style.warning(node.reachability)];
  if (node.coordinator) words.push('coordinator');
  if (node.role !== undefined) words.push(node.role);
  const { records } = node.inventory.labels;
  if (records !== undefined) words.push(style.bad(oneLine(records)));
  if (isDraining(node.inventory)) words.push(style.warning('draining'));
  else if (node.paused) words.push(style.warning('paused'));
  return words.join(', ');
}
