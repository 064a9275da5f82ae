/** The people of a simulation: they submit as the submitter does, try again when refused, and change their minds. */
import { decodeTree, encodeTree } from '../../daemon/blobs/tree.ts';
import type { InputBlob } from '../../daemon/submission/copy-inputs.ts';
import { submitRecord } from '../../daemon/submission/submit-record.ts';
import type { Fact } from '../../src/model/facts.ts';
import type { Digest, JobRecord, NodeId, Step } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { jobPhase } from '../../src/model/phase.ts';
import type { Voter } from '../../src/model/voters.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Chronicle } from './chronicle.ts';
import type { Life, Machine } from './machine.ts';
import type { JobPlan, StepPlan, UserAction } from './plan.ts';
import type { RunningChecks } from './running-checks.ts';

/** Before a refused submission is tried again. */
const againMs = 1000;
/** How long somebody waits for the worst moment. */
const lurkMs = 2000;

export interface UserNeeds {
  readonly clock: VirtualClock;
  readonly chronicle: Chronicle;
  readonly checks: RunningChecks;
  readonly nodes: ReadonlyMap<NodeId, Machine>;
  /** Nothing goes wrong: then every acknowledgement has all the copies it should have. */
  readonly isCalm: boolean;
}

export class Users {
  readonly #needs: UserNeeds;
  /** Submissions that were not acknowledged yet. */
  readonly waiting = new Set<string>();

  constructor(needs: UserNeeds) {
    this.#needs = needs;
  }

  schedule(jobs: readonly JobPlan[], actions: readonly UserAction[]): void {
    const { clock } = this.#needs;
    for (const job of jobs) {
      this.waiting.add(job.key);
      clock.after(job.at, () => void this.#submit(job));
    }
    for (const action of actions) clock.after(action.at, () => void this.#act(action));
  }

  /** Whatever was paused goes on. */
  async resumeAll(): Promise<void> {
    const lives = [...this.#needs.nodes.values()].flatMap(({ life }) => (life?.ready === true ? [life] : []));
    for (const { plane } of lives) plane.membership.update({ paused: false });
    const [first] = lives;
    for (const state of first?.plane.journal.jobs().values() ?? []) {
      if (first !== undefined && state.pause?.paused === true) void this.#append(first, [pauseFact(first, state, false)]);
    }
  }

  /** What a person does whose jobs wait for machines that will not return: accepts that they are lost. */
  async forgetLost(): Promise<void> {
    const machines = [...this.#needs.nodes.values()];
    for (const { life, plan } of machines) {
      const leadership = life?.ready === true ? life.plane.leadership : undefined;
      if (leadership?.isMine() !== true || leadership.quorate() || leadership.standing()?.quorate === true) continue;
      const voters = leadership.voters()?.voters;
      const isLost = ({ node, store }: Voter): boolean => machines.some((other) => other.plan.id === node && (!other.isMember || other.disk.storeId !== store));
      const lost = voters === undefined ? plan.id : voters.find(isLost)?.node;
      if (lost === undefined) continue;
      const said = await leadership.forget(lost).then(
        () => 'done',
        (error: unknown) => String(error),
      );
      this.#needs.chronicle.note('user', `accepts that the voter ${lost} is lost: ${said}`);
      if (said === 'done') this.#needs.chronicle.count('lost voter forgotten by an admin');
    }
  }

  /** As the submitter does it: bytes into the store, then the record; under the same key until it is acknowledged. */
  async #submit(plan: JobPlan): Promise<void> {
    const { nodes, chronicle } = this.#needs;
    const node = nodes.get(plan.node) as Machine;
    const { life } = node;
    if (!node.isMember) {
      chronicle.note(plan.node, `never submits ${plan.key}, for its machine has left`);
      this.waiting.delete(plan.key);
      return;
    }
    const done = life?.ready === true ? await Promise.race([this.#trySubmit(plan, node, life), life.over.then(() => false)]) : false;
    if (done) this.waiting.delete(plan.key);
    else this.#needs.clock.after(againMs, () => void this.#submit(plan));
    if (!done) chronicle.note(plan.node, `did not submit ${plan.key}`);
  }

  async #trySubmit(plan: JobPlan, node: Machine, life: Life): Promise<boolean> {
    const { chronicle, checks, clock } = this.#needs;
    const { blobs, submission, journal } = life.plane;
    try {
      const inputs: InputBlob[] = [];
      const files = plan.inputs.map((size, place) => ({ path: `input-${place}`, bytes: Buffer.alloc(size, `${plan.key} ${place} `) }));
      for (const { bytes } of files) inputs.push(await blobs.put(bytes));
      const entries = files.map(({ path }, place) => ({ path, mode: 0o644, ...(inputs[place] as InputBlob) }));
      const tree = await blobs.put(encodeTree(entries));
      const record = recordOf(plan, tree.digest, inputs);
      const seats = checks.seats;
      const { id, copies, existed } = await submitRecord({ record, inputs: [tree, ...inputs] }, submission);
      if (node.life !== life) return false;
      chronicle.acknowledged.set(id, { key: plan.key, at: clock.now(), copies, node: plan.node });
      if (existed) chronicle.count('submission retried under its key found its job');
      if (existed && (seats !== checks.seats || life.plane.leadership.current() === undefined)) chronicle.count('submission retried during a failover');
      chronicle.note(plan.node, `submitted ${plan.key} as ${id.slice(0, 6)} on ${copies.join(' ')}`);
      const machines = new Set([...this.#needs.nodes.values()].filter(({ isMember }) => isMember).map(({ plan: { host } }) => host)).size;
      if (copies.length < Math.min(3, machines)) chronicle.count('submission acknowledged with fewer copies than machines');
      if (this.#needs.isCalm && copies.length !== Math.min(3, machines)) chronicle.violate(plan.node, `${plan.key} has ${copies.length} copies only`);
      // Thrown away meanwhile: nothing of it need be there any more.
      if (journal.job(id)?.removed === true) return true;
      const stored = journal.job(id)?.record ?? record;
      const facts = [...node.disk.logs.values()].flat().map(({ fact }) => fact as Fact);
      const submitted = facts.filter((fact) => fact.type === 'submitted' && fact.job === id);
      if (submitted.length === 0) chronicle.violate(plan.node, `acknowledged ${plan.key}, which is not on its own disk`);
      else checks.checkAnyCopy(node, submitted, copies, `the job ${plan.key}`);
      const digests = [stored.inputs.tree, ...inputs.map(({ digest }) => digest)];
      checks.checkBlobs(node, digests, copies, `the inputs of ${plan.key}`);
      return true;
    } catch (error) {
      chronicle.note(plan.node, `submitting ${plan.key}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  async #act(action: UserAction): Promise<void> {
    if (action.lurks === true) await this.#momentOfResult();
    const life = this.#needs.nodes.get(action.node)?.life;
    if (life?.ready !== true) return;
    if (action.type === 'pause-node' || action.type === 'resume-node') {
      life.plane.membership.update({ paused: action.type === 'pause-node' });
      return;
    }
    const state = [...life.plane.journal.jobs().values()].find(({ record }) => record?.key === action.key);
    const facts = state === undefined ? [] : factsOf(action, life, state);
    if (state === undefined || facts.length === 0) return;
    this.#needs.chronicle.note(action.node, `${action.type} ${action.key}`);
    // A worker may hear of a cancel, and drop what it holds, before the coordinator does, which then places it elsewhere.
    this.#needs.chronicle.cause();
    this.#needs.chronicle.count(action.type as 'cancel' | 'retry' | 'pause' | 'remove');
    if (action.type === 'remove') this.#needs.chronicle.doomed.set(state.id, blobsOf(state, this.#needs.nodes.values()));
    await this.#append(life, facts);
  }

  /** Until just after the next task is done, or for a while. */
  async #momentOfResult(): Promise<void> {
    const { clock, checks } = this.#needs;
    await new Promise<void>((resolve) => {
      checks.onDone.push(resolve);
      clock.after(lurkMs, resolve);
    });
    await new Promise<void>((resolve) => void clock.after(0.5, resolve));
  }

  async #append(life: Life, facts: readonly Fact[]): Promise<void> {
    const { chronicle, clock } = this.#needs;
    try {
      const { copies } = await life.plane.journal.append(facts, 2000);
      const at = clock.now();
      for (const fact of facts) {
        if (fact.type === 'cancelled') chronicle.cancelled.push({ job: fact.job, generation: fact.generation, at, copies });
        if (fact.type === 'removed') chronicle.removed.push({ job: fact.job, at, copies });
      }
    } catch (error) {
      chronicle.note('user', `${facts.map(({ type }) => type).join(' ')}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function pauseFact(life: Life, { id: job }: JobState, paused: boolean): Fact {
  const { journal, membership } = life.plane;
  return { type: 'pause-set', job, at: life.clock.wall(), paused, clock: journal.nextClock(), node: membership.self };
}

/** What the command becomes, when the job is in a phase for it; as commands.ts does it. */
function factsOf(action: UserAction, life: Life, state: JobState): readonly Fact[] {
  const phase = jobPhase(state);
  const isOpen = phase === 'active' || phase === 'paused';
  const common = { job: state.id, at: life.clock.wall() };
  switch (action.type) {
    case 'cancel':
      return isOpen ? [{ type: 'cancelled', ...common, generation: state.generation }] : [];
    case 'retry':
      return phase === 'failed' || phase === 'partly-failed' || phase === 'cancelled' ? [{ type: 'retried', ...common, generation: state.generation + 1 }] : [];
    case 'pause':
    case 'resume':
      return isOpen ? [pauseFact(life, state, action.type === 'pause')] : [];
    case 'remove':
      return [...(isOpen ? [{ type: 'cancelled', ...common, generation: state.generation } as const] : []), { type: 'removed', ...common }];
    default:
      return [];
  }
}

/** The blobs that a job's facts name, as far as this node can tell. */
function blobsOf({ record, results }: JobState, machines: Iterable<Machine>): ReadonlySet<Digest> {
  const outputs = [...results.values()].flatMap((result) => result.outputs.map(({ digest }) => digest));
  if (record === undefined) return new Set(outputs);
  const { tree } = record.inputs;
  const bytes = [...machines].map(({ blobDisk }) => blobDisk.snapshot().get(tree)).find((found) => found !== undefined);
  const files = bytes === undefined ? [] : decodeTree(bytes).map(({ digest }) => digest);
  return new Set([...outputs, tree, ...files]);
}

function recordOf(plan: JobPlan, tree: string, inputs: readonly InputBlob[]): JobRecord {
  return {
    owner: 'user',
    key: plan.key,
    name: plan.key,
    type: 'simulated',
    plugin: { name: 'simulated', version: '1', digest: tree },
    settings: {},
    inputs: { tree, files: inputs.length, bytes: inputs.reduce((sum, { size }) => sum + size, 0) },
    steps: plan.steps.map(stepOf),
    submitter: plan.node,
    submittedAt: 0,
    outputFolder: '',
  };
}

function stepOf({ name, needs, maxAttempts, tasks, onceOnly }: StepPlan): Step {
  return {
    name,
    needs,
    parameters: [{ name: 'task', type: 'INT', ranges: [{ first: 0, last: tasks.length - 1, step: 1 }] }],
    requirements: { cores: 1, memoryBytes: 0, programs: [] },
    maxAttempts,
    ...(onceOnly === undefined ? {} : { onceOnly }),
    script: { tasks: tasks.map((task) => ({ ...task })) },
  };
}
