/** Nodes and the cluster as people see them. Pure. */
import type { ResourcesView } from '../../src/api/requests.ts';
import type { DurabilityView, NodeView, StatusView } from '../../src/api/views.ts';
import type { NodeId, Term } from '../../src/model/job.ts';
import type { JobTally } from '../../src/model/phase.ts';
import { isVoter, type Voters } from '../../src/model/voters.ts';
import type { JobOverview, Member, TermStanding } from './needs.ts';

/** Copies that an acknowledgement wants at most. */
const mostCopies = 3;

export interface ClusterNow {
  readonly cluster: string;
  readonly self: NodeId;
  readonly coordinator: Term | undefined;
  readonly standing: TermStanding | undefined;
  readonly voters: Voters | undefined;
  readonly members: readonly Member[];
  readonly overviews: readonly JobOverview[];
}

function isHere(member: Member): boolean {
  return member.reachability === 'alive' || member.reachability === 'suspect';
}

/** Physical machines that are here and keep what is told to them. */
export function liveMachines(now: ClusterNow): number {
  return new Set(now.members.filter((member) => isHere(member) && member.facts.role !== 'worker').map((member) => member.facts.host)).size;
}

export function nodeViews(now: ClusterNow): readonly NodeView[] {
  const running = new Map<NodeId, number>();
  for (const attempt of now.overviews.flatMap((overview) => overview.running)) running.set(attempt.attempt.node, (running.get(attempt.attempt.node) ?? 0) + 1);
  return now.members
    .map(({ facts, reachability }) => ({
      id: facts.id,
      name: facts.name,
      host: facts.host,
      version: facts.version,
      ...(facts.role === undefined ? {} : { role: facts.role }),
      reachability,
      coordinator: facts.id === now.coordinator?.node,
      voter: isVoter(now.voters, facts.id),
      self: facts.id === now.self,
      paused: facts.paused,
      addresses: facts.addresses,
      inventory: facts.inventory,
      running: running.get(facts.id) ?? 0,
    }))
    .toSorted((a, b) => compareTexts(a.name, b.name) || compareTexts(a.id, b.id));
}

/** `active` are the tallies of jobs that have not ended. */
export function statusView(now: ClusterNow, active: readonly JobTally[], durability: DurabilityView): StatusView {
  const here = now.members.filter(isHere).map((member) => member.facts);
  const sum = (part: (facts: Member['facts']) => number): number => here.reduce((total, facts) => total + part(facts), 0);
  const runningTasks = now.overviews.reduce((total, overview) => total + overview.running.length, 0);
  const etas = now.overviews.map((overview) => overview.etaSeconds).filter((eta) => eta !== undefined);
  return {
    cluster: now.cluster,
    node: now.self,
    coordinator: now.coordinator,
    standing: now.standing,
    nodes: nodeViews(now),
    totals: {
      nodes: here.length,
      cores: sum((facts) => facts.inventory.cores),
      memoryBytes: sum((facts) => facts.inventory.memoryBytes),
      freeMemoryBytes: sum((facts) => facts.inventory.freeMemoryBytes),
      gpus: sum((facts) => facts.inventory.gpus.length),
    },
    copies: Math.min(mostCopies, liveMachines(now)),
    durability,
    queue: {
      jobs: active.length,
      runningTasks,
      pendingTasks: Math.max(0, active.reduce((total, tally) => total + tally.pending, 0) - runningTasks),
      etaSeconds: etas.length === 0 ? undefined : Math.max(...etas),
    },
  };
}

export function resourcesView(members: readonly Member[]): ResourcesView {
  const here = members.filter(isHere).map((member) => member.facts);
  const sum = (part: (facts: Member['facts']) => number): number => here.reduce((total, facts) => total + part(facts), 0);
  const programs = new Map<string, { name: string; version: string; nodes: number }>();
  for (const { name, version } of here.flatMap((facts) => facts.inventory.programs)) {
    const known = programs.get(`${name} ${version}`) ?? { name, version, nodes: 0 };
    programs.set(`${name} ${version}`, { ...known, nodes: known.nodes + 1 });
  }
  return {
    nodes: here.length,
    cpu: { cores: sum((facts) => facts.inventory.cores), used: sum((facts) => facts.inventory.cores * facts.inventory.cpuLoad) },
    memory: { totalBytes: sum((facts) => facts.inventory.memoryBytes), freeBytes: sum((facts) => facts.inventory.freeMemoryBytes) },
    disk: { freeBytes: sum((facts) => facts.inventory.freeDiskBytes) },
    gpus: here.flatMap((facts) => facts.inventory.gpus.map((gpu) => ({ node: facts.name, model: gpu.model, memoryBytes: gpu.memoryBytes }))),
    programs: [...programs.values()],
  };
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Of known nodes that cannot be told of a change now. */
export function namesNotReached(members: readonly Member[]): readonly string[] {
  return members.filter(({ reachability }) => reachability === 'unreachable' || reachability === 'restarting').map(({ facts }) => facts.name);
}
