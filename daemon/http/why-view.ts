/** Why a job waits or failed, in words and with the fix. Pure. */
import type { JobView, WhyView } from '../../src/api/views.ts';
import type { HostRequirements, NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { ownTypeOf } from '../../src/model/own-job-type.ts';
import { stepOf } from '../../src/model/standing.ts';
import type { WaitingReason } from './needs.ts';

type Reason = WhyView['reasons'][number];

/** `waiting` is what the coordinator said; undefined while none answers. */
export function whyView(state: JobState, view: JobView, waiting: readonly WaitingReason[] | undefined, nameOf: (node: NodeId) => string): WhyView {
  const reasons: Reason[] = [];
  if (view.phase === 'active' || view.phase === 'paused') {
    if (waiting === undefined && view.tasks.pending > 0) reasons.push(withoutCoordinator(view.tasks.pending));
    for (const reason of waiting ?? []) reasons.push(waitingReason(state, reason, nameOf));
  }
  reasons.push(...failureReasons(view), ...conflictReasons(view));
  if (view.deliveryProblem !== undefined) reasons.push(deliveryReason(view));
  return { job: view.id, reasons };
}

function withoutCoordinator(tasks: number): Reason {
  return {
    code: 'no-coordinator',
    tasks,
    message: 'No coordinator is elected right now, so nothing is placed.',
    hint: 'One is elected within seconds; see: supervm status',
    nodes: [],
  };
}

function waitingReason(state: JobState, reason: WaitingReason, nameOf: (node: NodeId) => string): Reason {
  const { code, tasks } = reason;
  const requirements = stepOf(state, reason.step)?.requirements;
  const { message, hint } = words(state, reason, requirements);
  return {
    code,
    tasks,
    message: `${countOf(tasks)} of step ${reason.step}: ${message}`,
    hint,
    nodes: reason.nodes.map(({ node, reason: text }) => ({ name: nameOf(node), reason: text })),
  };
}

function words(state: JobState, reason: WaitingReason, requirements: HostRequirements | undefined): { readonly message: string; readonly hint: string } {
  const id = state.id.slice(0, 8);
  switch (reason.code) {
    case 'no-program': {
      const names = programNames(requirements);
      const lacksFeature = requirements?.programs.some((program) => (program.features ?? []).length > 0) ?? false;
      const type = lackedType(requirements, reason);
      if (type !== undefined) {
        return {
          message: `no node has the job type ${type} as it was when the job was submitted.`,
          hint: `Copy its folder, unchanged, to job-types/${type} in supervm's folder on a node; or submit the job anew.`,
        };
      }
      const install = `To install on a node: ${names.map((name) => `apt install ${name}`).join(' && ')}`;
      return {
        message: `no node has ${programs(requirements)}.`,
        hint: lacksFeature ? `${install}, or a build with the feature named; or change the job's settings so that it does not need it.` : install,
      };
    }
    case 'program-too-old':
      return {
        message: `every node's program is too old; needed is ${programs(requirements)}.`,
        hint: `Upgrade it on a node: install a newer ${programNames(requirements).join(', ')}`,
      };
    case 'too-small':
      if (reason.detail === 'not-isolated')
        return {
          message: `no node keeps tasks apart as the job demands; needed ${apartness(requirements)}.`,
          hint: 'Mend it on a node (supervm nodes names what is missing there), or submit the job anew without --isolation or --exclusive.',
        };
      return { message: `no node is large enough; a task needs ${size(requirements)}.`, hint: 'Add a larger machine: supervm invite' };
    case 'all-busy':
      if (reason.detail === 'disk')
        return {
          message: 'every node that could run them is set aside, because its disk is full, read-only or failing.',
          hint: 'Free some space there, or mend the disk (dmesg): they start by themselves then. See: supervm status',
        };
      return { message: 'every node that could run them is busy.', hint: 'They start as nodes become free. See: supervm nodes' };
    case 'nodes-paused':
      return { message: 'every node that could run them is paused.', hint: 'On such a node: supervm node unpause' };
    case 'job-paused':
      return { message: 'the job is paused.', hint: `supervm resume ${id}` };
    case 'needs-step':
      return { message: 'they need the results of an earlier step.', hint: `See: supervm job ${id}` };
    case 'no-node':
      return { message: 'no node is there to run them.', hint: 'Add one: supervm invite' };
    case 'inputs-missing':
      return { message: 'no reachable node holds the input files.', hint: 'Start a node that held them again, or submit the job anew.' };
    case 'needs-quorum':
      return {
        message: `they must not run twice and wait for a quorate term: ${reason.detail ?? 'too few voters are reachable'}.`,
        hint: 'Start the missing machines again; of one that will not come back: supervm node forget NAME. Or submit the job with --alone.',
      };
    case 'needs-lease-end':
      return { message: 'they must not run twice and wait until the lease of an earlier attempt has surely ended.', hint: '' };
    case 'cut-off':
      return {
        message: 'most machines fell silent at once and probably run them meanwhile; they start here too unless those come back within 20 s.',
        hint: 'See: supervm status',
      };
    case 'about-to-start':
      return { message: 'they are about to start.', hint: '' };
  }
}

/** The job type of the user's own that the job needs, when that is what the nodes say they lack. */
function lackedType(requirements: HostRequirements | undefined, reason: WaitingReason): string | undefined {
  const types = (requirements?.programs ?? []).map(ownTypeOf).filter((type) => type !== undefined);
  return types.find((type) => reason.nodes.some((node) => node.reason.endsWith(`job type ${type}`)));
}

function programNames(requirements: HostRequirements | undefined): readonly string[] {
  return (requirements?.programs ?? []).filter((program) => ownTypeOf(program) === undefined).map((program) => program.name);
}

function programs(requirements: HostRequirements | undefined): string {
  const named = (requirements?.programs ?? []).filter((program) => ownTypeOf(program) === undefined);
  const all = named.map(({ name, minimumVersion, features }) => {
    const version = minimumVersion === undefined ? '' : ` ${minimumVersion} or newer`;
    const built = features === undefined || features.length === 0 ? '' : ` built with ${features.join(', ')}`;
    return `${name}${version}${built}`;
  });
  return all.length === 0 ? 'the program' : all.join(' and ');
}

function apartness({ isolation, cores, exclusive }: Partial<HostRequirements> = {}): string {
  const own = exclusive === true && cores !== 'all' ? ['cores that are a task’s alone (control groups for processor sets)'] : [];
  const level = isolation === undefined && own.length > 0 ? [] : [`level ${isolation ?? 'full'}`];
  return `${level.length + own.length > 1 ? 'are' : 'is'} ${[...level, ...own].join(' and ')}`;
}

function size(requirements: HostRequirements | undefined): string {
  if (requirements === undefined) return 'more';
  const cores = requirements.cores === 'all' ? '' : `${requirements.cores} cores and `;
  const gpus = requirements.gpus === undefined ? '' : ` and ${requirements.gpus === 1 ? 'a GPU' : `${requirements.gpus} GPUs`} of its own`;
  return `${cores}${(requirements.memoryBytes / 2 ** 30).toFixed(1)} GiB of memory${gpus}`;
}

function failureReasons(view: JobView): readonly Reason[] {
  return view.failures.map((failure) => ({
    code: failure.code,
    tasks: 1,
    message: `${failure.task} failed after ${failure.attempts === 1 ? '1 attempt' : `${failure.attempts} attempts`}: ${failure.message}`,
    hint: `See: supervm logs ${view.id.slice(0, 8)}. Once mended: supervm retry ${view.id.slice(0, 8)}`,
    nodes: failure.nodeName === '' ? [] : [{ name: failure.nodeName, reason: failure.message }],
  }));
}

function conflictReasons(view: JobView): readonly Reason[] {
  return view.conflictingResults.map(({ task, results }) => ({
    code: 'conflicting-results',
    tasks: 1,
    message: `${task} was done on both sides of a partition, with different files. The first below was chosen; what is in the output folder stays.`,
    hint: `See: supervm job ${view.id.slice(0, 8)} --results`,
    nodes: results.map(({ nodeName, quorate, outputs }) => ({
      name: nodeName,
      reason: `${quorate ? 'in a quorate term' : 'in a degraded term'}: ${outputs.map(({ path, digest }) => `${path} ${digest}`).join(', ')}`,
    })),
  }));
}

function deliveryReason(view: JobView): Reason {
  return {
    code: view.deliveryProblem?.code ?? 'output-unwritable',
    tasks: 0,
    message: `Results cannot be written into ${view.outputFolder}: ${view.deliveryProblem?.message ?? ''}`,
    hint: `Mend it and they follow by themselves, or take them elsewhere: supervm get ${view.id.slice(0, 8)} -o FOLDER`,
    nodes: [],
  };
}

function countOf(tasks: number): string {
  return tasks === 1 ? '1 task' : `${tasks} tasks`;
}
