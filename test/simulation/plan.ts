/** What a seed decides before anything runs: how many nodes, which jobs, what users do, which faults strike when. */
import { pieceBytes } from '../../daemon/blobs/protocol.ts';
import { coordinatorDefaults } from '../../daemon/coordinator/options.ts';
import type { NodeId } from '../../src/model/job.ts';
import { type SeededRandomness, seededRandomness } from '../support/seeded-randomness.ts';
import { drawFaults, type Fault } from './faults.ts';

export interface NodePlan {
  readonly id: NodeId;
  readonly host: string;
  readonly cores: number;
  /** Of its clock's milliseconds that pass in one of the world. */
  readonly rate: number;
  /** Comes in the middle of the run. */
  readonly joins?: boolean;
}

/** How a task of a simulated job behaves. */
export interface TaskPlan {
  readonly milliseconds: number;
  /** This many runs of it fail, then it works. */
  readonly failures: number;
  readonly retry: boolean;
  readonly blameNode: boolean;
}

export interface StepPlan {
  readonly name: string;
  readonly needs: readonly string[];
  readonly maxAttempts: number;
  /** Its tasks must not run twice at one time. */
  readonly onceOnly?: true;
  readonly tasks: readonly TaskPlan[];
}

export interface JobPlan {
  readonly key: string;
  readonly at: number;
  readonly node: NodeId;
  readonly inputs: readonly number[];
  readonly steps: readonly StepPlan[];
}

export interface UserAction {
  readonly at: number;
  readonly node: NodeId;
  readonly type: 'cancel' | 'retry' | 'pause' | 'resume' | 'pause-node' | 'resume-node' | 'remove';
  /** Key of the job; for nodes unused. */
  readonly key: string;
  /** Waits for the worst moment: a result of the job has just been made and is about to be kept. */
  readonly lurks?: boolean;
}

export interface SeedPlan {
  readonly seed: number;
  readonly nodes: readonly NodePlan[];
  readonly jobs: readonly JobPlan[];
  readonly actions: readonly UserAction[];
  readonly faults: readonly Fault[];
  /** When the last fault ends and everything is put right (milliseconds). */
  readonly healAt: number;
  /** Of attempts, milliseconds. */
  readonly leaseMs: number;
}

/** Jobs with an input of several pieces, which a fault can cut in the middle. */
const largeInputShare = 0.08;

function drawTask(draw: SeededRandomness, isBad: boolean): TaskPlan {
  const milliseconds = Math.round(draw.between(100, draw.chance(0.2) ? 6000 : 1500));
  if (isBad) return { milliseconds, failures: 100, retry: draw.chance(0.7), blameNode: false };
  const failures = draw.chance(0.12) ? 1 + draw.integer(2) : 0;
  return { milliseconds, failures, retry: true, blameNode: draw.chance(0.4) };
}

function drawStep(draw: SeededRandomness, name: string, needs: readonly string[]): StepPlan {
  const hasBadTask = draw.chance(0.12);
  const count = 1 + draw.integer(draw.chance(0.2) ? 12 : 6);
  const tasks = Array.from({ length: count }, (_, index) => drawTask(draw, hasBadTask && index === 0));
  return { name, needs, maxAttempts: 1 + draw.integer(3), tasks };
}

function drawJobs(draw: SeededRandomness, nodes: readonly NodePlan[], before: number): JobPlan[] {
  return Array.from({ length: 1 + draw.integer(3) }, (_, place) => {
    const first = drawStep(draw, 'first', []);
    const steps = draw.chance(0.3) ? [first, drawStep(draw, 'second', ['first'])] : [first];
    const inputs = Array.from({ length: 1 + draw.integer(2) }, () => 50 + draw.integer(3000));
    if (draw.chance(largeInputShare)) inputs.push(Math.round(draw.between(1.5, 4.5) * pieceBytes));
    return { key: `job-${place}`, at: Math.round(draw.between(500, before)), node: draw.pick(nodes).id, inputs, steps };
  });
}

/** People lose patience when something hangs: cancels on a side that is cut off, or while somebody is stopped. */
function cancelsAmidFaults(draw: SeededRandomness, nodes: readonly NodePlan[], jobs: readonly JobPlan[], faults: readonly Fault[]): UserAction[] {
  const hangs = faults.filter(({ kind }) => kind === 'partition' || kind === 'one-way' || kind === 'stop' || kind === 'crash' || kind === 'swizzle');
  return hangs.flatMap(({ from }) => {
    if (!draw.chance(0.2)) return [];
    return [{ at: Math.round(from + draw.between(50, 1500)), node: draw.pick(nodes).id, type: 'cancel' as const, key: draw.pick(jobs).key }];
  });
}

function drawActions(draw: SeededRandomness, nodes: readonly NodePlan[], jobs: readonly JobPlan[], healAt: number): UserAction[] {
  const actions: UserAction[] = [];
  const soonAfter = (at: number): number => Math.round(at + draw.between(200, 5000));
  const add = (type: UserAction['type'], at: number, key = ''): void => void actions.push({ at, node: draw.pick(nodes).id, type, key });
  for (const { key, at } of jobs) {
    if (draw.chance(0.3)) {
      const cancelAt = soonAfter(at);
      actions.push({ at: cancelAt, node: draw.pick(nodes).id, type: 'cancel', key, lurks: draw.chance(0.5) });
      if (draw.chance(0.3)) add('retry', soonAfter(cancelAt), key);
    }
    if (draw.chance(0.2)) {
      const pauseAt = soonAfter(at);
      add('pause', pauseAt, key);
      add('resume', Math.min(soonAfter(pauseAt), healAt), key);
    }
    if (draw.chance(0.15)) add('retry', Math.round(draw.between(healAt * 0.7, healAt + 5000)), key);
  }
  if (draw.chance(0.15)) {
    const { id } = draw.pick(nodes);
    const at = Math.round(draw.between(1000, healAt));
    actions.push({ at, node: id, type: 'pause-node', key: '' }, { at: Math.min(soonAfter(at), healAt + 1000), node: id, type: 'resume-node', key: '' });
  }
  return actions;
}

const removalShare = 0.12;

/** Jobs that people throw away, mostly before they have ended. */
function drawRemovals(draw: SeededRandomness, nodes: readonly NodePlan[], jobs: readonly JobPlan[], healAt: number): UserAction[] {
  if (!draw.chance(removalShare)) return [];
  return jobs.flatMap(({ key, at }) => {
    if (!draw.chance(0.6)) return [];
    const removeAt = draw.chance(0.6) ? at + draw.between(200, 6000) : draw.between(at, healAt + 5000);
    return [{ at: Math.round(Math.min(removeAt, healAt + 5000)), node: draw.pick(nodes).id, type: 'remove' as const, key, lurks: draw.chance(0.3) }];
  });
}

/** A few seeds have so many nodes that not everybody tells everybody everything. They take as long as thirty others. */
const largeShare = 1 / 400;
const largeCount = 18;
const sizes = [1, 2, 2, 3, 3, 3, 3, 3, 4, 4, 5] as const;

/** In these seeds steps are once-only. Each new term waits for leases to end first, which takes time. */
const onceOnlyShare = 0.12;
const onceOnlyMs = 10_000;
const shortLeaseMs = 6000;
/** When tasks of the first one run at last: the first term waits for leases, too. */
const onceOnlyRuns = [13_000, 17_000] as const;

/** Longer than it takes the others to elect somebody when a machine is cut off. */
const onceOnlyTaskMs = 7000;

/** The first job early and with a long task, so that it runs when faults strike. */
function withOnceOnly(job: JobPlan, place: number): JobPlan {
  const long = (task: TaskPlan, index: number): TaskPlan => ({
    ...task,
    milliseconds: 2 * task.milliseconds + (place === 0 && index === 0 ? onceOnlyTaskMs : 0),
  });
  const steps = job.steps.map((step): StepPlan => ({ ...step, tasks: step.tasks.map(long), maxAttempts: Math.max(2, step.maxAttempts), onceOnly: true }));
  return place === 0 ? { ...job, at: Math.min(job.at, 2500), steps } : job;
}

/** A machine, most often the coordinator, is cut off while it runs once-only tasks: the others would like to have them. */
function cutOffAtWork(draw: SeededRandomness, nodes: readonly NodePlan[], healAt: number): Fault {
  const from = Math.round(draw.between(...onceOnlyRuns));
  const { id } = draw.chance(0.5) ? (nodes[0] as NodePlan) : draw.pick(nodes);
  return { kind: 'partition', from, until: Math.min(healAt, from + 9000), nodes: [id], strength: 1 };
}

export function drawPlan(seed: number): SeedPlan {
  const draw = seededRandomness(seed).fork('plan');
  const count = draw.chance(largeShare) ? largeCount : draw.pick(sizes);
  const sharedHost = count > 2 && draw.chance(0.1);
  const skewed = draw.chance(0.3);
  const nodes: NodePlan[] = Array.from({ length: count }, (_, place) => ({
    id: `n${place + 1}`,
    host: sharedHost && place === 1 ? 'h1' : `h${place + 1}`,
    cores: 1 + draw.integer(3),
    rate: skewed ? draw.between(0.9, 1.1) : 1,
  }));
  const hasOnceOnly = seededRandomness(seed).fork('once-only').chance(onceOnlyShare);
  const healAt = Math.round(draw.between(8000, 20_000)) + (hasOnceOnly ? onceOnlyMs : 0);
  const drawn = drawJobs(draw, nodes, healAt * 0.6);
  const jobs = hasOnceOnly ? drawn.map(withOnceOnly) : drawn;
  const faults: Fault[] = drawFaults(
    draw.fork('faults'),
    nodes.map(({ id }) => id),
    jobs.map(({ node, at, inputs }) => ({ node, at, isLarge: inputs.some((size) => size > pieceBytes) })),
    healAt,
  ).slice();
  if (hasOnceOnly && faults.length > 0 && count > 2) faults.push(cutOffAtWork(seededRandomness(seed).fork('cut off at work'), nodes, healAt));
  const actions = [...drawActions(draw, nodes, jobs, healAt), ...cancelsAmidFaults(draw, nodes, jobs, faults)].sort((a, b) => a.at - b.at);
  actions.push(...drawRemovals(seededRandomness(seed).fork('removals'), nodes, jobs, healAt));
  const newcomers = faults.filter(({ kind }) => kind === 'join').flatMap((fault) => fault.nodes);
  for (const id of new Set(newcomers)) nodes.push({ id, host: id.replace('n', 'h'), cores: 1 + draw.integer(3), rate: 1, joins: true });
  const leaseMs = hasOnceOnly ? shortLeaseMs : coordinatorDefaults.leaseMs;
  return { seed, nodes, jobs, actions, faults, healAt, leaseMs };
}
