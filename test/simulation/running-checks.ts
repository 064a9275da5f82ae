/** Promises that are checked while a simulation runs, at the moment at which they are made. */
import type { Trouble } from '../../daemon/records/trouble.ts';
import type { RunResult } from '../../daemon/worker/task-runner.ts';
import type { Fact } from '../../src/model/facts.ts';
import type { AttemptName, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { compareTerms, termText } from '../../src/model/term.ts';
import { type Chronicle, runKey, type Start } from './chronicle.ts';
import type { Life, Machine } from './machine.ts';

export class RunningChecks {
  readonly #chronicle: Chronicle;
  readonly #nodes: () => Iterable<Machine>;
  readonly #now: () => number;
  /** Who used a term: node and life. */
  readonly #seats = new Map<string, string>();
  readonly #failedRuns = new Map<string, number>();

  /** Whoever waits for the next task to be done. */
  readonly onDone: (() => void)[] = [];

  constructor(options: { readonly chronicle: Chronicle; readonly now: () => number; nodes(): Iterable<Machine> }) {
    this.#chronicle = options.chronicle;
    this.#nodes = options.nodes;
    this.#now = options.now;
  }

  get seats(): number {
    return this.#seats.size;
  }

  /** Listens to everything a new process does. */
  watch(node: Machine, life: Life): void {
    const { id } = node.plan;
    const { journal, leadership } = life.plane;
    leadership.onChange((term) => {
      this.#chronicle.note(id, term === undefined ? 'knows no coordinator' : `follows ${termText(term)}`);
      if (term !== undefined && leadership.isMine()) this.#seated(node, life, term);
    });
    journal.onFact((fact) => this.#folded(node, fact));
    const append = journal.append.bind(journal);
    Object.assign(journal, {
      append: async (facts: readonly Fact[], waitMs?: number) => {
        for (const fact of facts) this.#asked(node, life, fact);
        const stored = await append(facts, waitMs);
        this.checkCopies(node, facts, stored.copies, 'facts');
        return stored;
      },
    });
  }

  /** What the journal reports: a refused write is a fault of the disk, anything else one of ours. */
  troubled(node: Machine, trouble: Trouble): void {
    const text = `trouble ${trouble.type} ${'error' in trouble ? String(trouble.error) : ''}`;
    if (trouble.type === 'store-failed') this.#chronicle.note(node.plan.id, text);
    else this.#chronicle.violate(node.plan.id, text);
  }

  /** A run begins; answers how many runs of the task failed before. */
  began(node: Machine, attempt: AttemptName): number {
    const { id } = node.plan;
    const key = runKey(attempt);
    const state = node.life?.plane.journal.job(attempt.job);
    this.#chronicle.note(id, `starts ${key} attempt ${attempt.attempt} of ${termText(attempt.term)}`);
    if (state?.cancelledGenerations.has(attempt.generation) === true) this.#chronicle.violate(id, `starts ${key}, which it knows to be cancelled`);
    const starts = this.#chronicle.starts.get(key) ?? [];
    this.#chronicle.starts.set(key, starts);
    starts.push({ at: this.#now(), node: id, attempt, outcome: 'running' });
    return this.#failedRuns.get(taskOf(attempt)) ?? 0;
  }

  finished(node: Machine, attempt: AttemptName, result: RunResult): void {
    const key = runKey(attempt);
    this.#chronicle.note(node.plan.id, `${result.type} ${key}${result.type === 'failed' ? ` ${result.failure.code}` : ''}`);
    const start = this.#chronicle.starts.get(key)?.findLast((one: Start) => one.node === node.plan.id && one.outcome === 'running');
    if (start !== undefined) start.outcome = result.type;
    if (result.type === 'done') for (const wake of this.onDone.splice(0)) wake();
    if (result.type !== 'failed') return;
    this.#chronicle.count('failed-task');
    this.#failedRuns.set(taskOf(attempt), (this.#failedRuns.get(taskOf(attempt)) ?? 0) + 1);
  }

  /** Everyone named really has it on disk, synced: only that survives a power cut. */
  checkCopies(node: Machine, facts: readonly Fact[], hosts: readonly string[], what: string): void {
    for (const host of hosts) {
      const machines = [...this.#nodes()].filter(({ plan }) => plan.host === host);
      const missing = facts.find((fact) => !machines.some(({ contents }) => contents.has(fact)));
      if (missing !== undefined) this.#chronicle.violate(node.plan.id, `counts a copy of ${what} (${missing.type}) on ${host}, which is not on its disk`);
    }
  }

  /** Of facts that say the same (a submission tried again makes another one), each machine has at least one. */
  checkAnyCopy(node: Machine, facts: readonly Fact[], hosts: readonly string[], what: string): void {
    for (const host of hosts) {
      const machines = [...this.#nodes()].filter(({ plan }) => plan.host === host);
      const held = facts.some((fact) => machines.some(({ contents }) => contents.has(fact)));
      if (!held) this.#chronicle.violate(node.plan.id, `counts a copy of ${what} on ${host}, which is not on its disk`);
    }
  }

  checkBlobs(node: Machine, digests: readonly string[], hosts: readonly string[], what: string): void {
    for (const host of hosts) {
      const machines = [...this.#nodes()].filter(({ plan }) => plan.host === host);
      const held = new Set(machines.flatMap(({ blobDisk }) => blobDisk.digests()));
      if (digests.some((digest) => !held.has(digest))) this.#chronicle.violate(node.plan.id, `counts a copy of ${what} on ${host}, which is not on its disk`);
    }
  }

  #seated(node: Machine, life: Life, term: Term): void {
    const { id } = node.plan;
    const key = `${term.number}@${term.node}`;
    const holder = `${id} life ${life.number}`;
    if (term.node !== id) this.#chronicle.violate(id, `acts in the term ${termText(term)} of another node`);
    const before = this.#seats.get(key);
    if (before !== undefined && before !== holder) this.#chronicle.violate(id, `uses the term ${key} again, which ${before} used`);
    this.#seats.set(key, holder);
    if (this.#seats.size > 1) {
      this.#chronicle.count('failover');
      this.#chronicle.cause();
    }
    const saved = node.disk.highestTerm;
    if (saved === undefined || compareTerms(saved, term) < 0) this.#chronicle.violate(id, `uses the term ${key} before it is on its disk`);
  }

  /** The node decides on a fact, with what it knows now. */
  #asked(node: Machine, life: Life, fact: Fact): void {
    if (fact.type !== 'result-kept') return;
    const { id } = node.plan;
    const state: JobState | undefined = life.plane.journal.job(fact.job);
    const { attempt } = fact;
    const key = runKey(attempt);
    if (!life.plane.leadership.isMine()) this.#chronicle.violate(id, `keeps ${key} without being coordinator`);
    if (state?.cancelledGenerations.has(attempt.generation) === true) this.#chronicle.violate(id, `keeps ${key}, which it knows to be cancelled`);
    if (state?.results.has(`${attempt.step}/${attempt.index}`) === true) this.#chronicle.violate(id, `keeps a second result of ${key}`);
    const holders = fact.holders.map(({ host }) => host);
    this.checkBlobs(
      node,
      fact.outputs.map(({ digest }) => digest),
      holders,
      `the result of ${key}`,
    );
  }

  #folded(node: Machine, fact: Fact): void {
    const what = 'attempt' in fact ? ` ${runKey(fact.attempt)}` : ` ${fact.job.slice(0, 6)}`;
    this.#chronicle.note(node.plan.id, `knows ${fact.type}${what}`);
    if (!node.contents.has(fact)) this.#chronicle.violate(node.plan.id, `acts on ${fact.type}, which is not on its disk`);
  }
}

function taskOf({ job, generation, step, index }: AttemptName): string {
  return `${job} ${generation} ${step} ${index}`;
}
