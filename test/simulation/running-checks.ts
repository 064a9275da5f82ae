/** Promises that are checked while a simulation runs, at the moment at which they are made. */
import type { Trouble } from '../../daemon/records/trouble.ts';
import type { RunResult } from '../../daemon/worker/task-runner.ts';
import type { ClusterFact } from '../../src/model/cluster-facts.ts';
import type { Fact } from '../../src/model/facts.ts';
import type { AttemptName, HostId, NodeId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { compareTerms, sameTerm, termText } from '../../src/model/term.ts';
import { type Chronicle, runKey, type Start } from './chronicle.ts';
import { knowsOnlyItself } from './lone-founder.ts';
import type { Life, Machine } from './machine.ts';
import { checkOnceOnly } from './once-only-checks.ts';
import { SettledFacts } from './settled-facts.ts';
import type { HostedTask } from './task-host.ts';

export class RunningChecks {
  readonly #chronicle: Chronicle;
  readonly #nodes: () => Iterable<Machine>;
  readonly #now: () => number;
  /** Who used a term: node and life. */
  readonly #seats = new Map<string, { readonly holder: string; readonly forgot: number }>();
  readonly #failedRuns = new Map<string, number>();
  #lastQuorate: string | undefined;
  #lastSeat: string | undefined;
  readonly #incarnations = new Map<NodeId, number>();
  readonly settled: SettledFacts;

  /** Was it quorate when it last heard something of terms, and when was that? */
  readonly #heard = new Map<NodeId, { readonly at: number; readonly quorate: boolean }>();

  /** Whoever waits for the next task to be done. */
  readonly onDone: (() => void)[] = [];

  constructor(options: { readonly chronicle: Chronicle; readonly now: () => number; nodes(): Iterable<Machine> }) {
    this.#chronicle = options.chronicle;
    this.#nodes = options.nodes;
    this.#now = options.now;
    this.settled = new SettledFacts(options);
  }

  get seats(): number {
    return this.#seats.size;
  }

  /** Listens to everything a new process does. */
  watch(node: Machine, life: Life): void {
    const { id } = node.plan;
    const { journal, leadership, membership } = life.plane;
    // What a process still does in the turn in which it dies has no effect.
    const isAlive = (): boolean => node.life === life;
    leadership.onChange((term) => {
      if (!isAlive()) return;
      this.checkQuorate();
      const heard = this.#heard.get(id);
      if (heard?.quorate === true && heard.at === this.#now() && term !== undefined && term.node !== id)
        this.#chronicle.violate(id, `is quorate and gives its seat up to ${termText(term)}`);
      this.#chronicle.note(id, term === undefined ? 'knows no coordinator' : `follows ${termText(term)}`);
      if (term !== undefined && leadership.isMine()) this.#seated(node, life, term);
    });
    membership.onChange(({ member, before }) => {
      const { id: peer } = member.facts;
      const isLost = member.reachability === 'unreachable' && (before === 'alive' || before === 'suspect');
      if (isAlive() && isLost && this.#isReady(peer)) this.#chronicle.count('node judged unreachable that lived');
    });
    journal.onFact((fact) => isAlive() && this.#folded(node, fact));
    const append = journal.append.bind(journal);
    Object.assign(journal, {
      append: async (facts: readonly Fact[], waitMs?: number) => {
        if (isAlive()) for (const fact of facts) this.#asked(node, life, fact);
        const stored = await append(facts, waitMs);
        if (isAlive()) this.checkCopies(node, facts, stored.copies, 'facts');
        return stored;
      },
    });
  }

  /** Whoever wakes, or comes back from a side that was cut off, changes nothing for a coordinator that is quorate. */
  hearsOfTerms({ plan, life }: Machine): void {
    this.#heard.set(plan.id, { at: this.#now(), quorate: life?.plane.leadership.quorate() === true });
  }

  /** At most one coordinator is quorate at any instant. Cheap: asked at every change of leadership and many times a second. */
  checkQuorate(): void {
    const quorate = [...this.#nodes()].filter((node) => node.life?.plane.leadership.quorate() === true && !knowsOnlyItself(node, this.#chronicle, this.#now()));
    if (quorate.length > 1) this.#chronicle.violate('world', `${quorate.map(({ plan }) => plan.id).join(' and ')} are quorate at once`);
    const [one] = quorate;
    const life = one?.life;
    const term = life?.plane.leadership.current();
    if (one === undefined || life === undefined || term === undefined) return;
    this.#chronicle.count('a quorate term');
    if (this.#lastQuorate !== undefined && this.#lastQuorate !== termText(term)) this.#chronicle.count('a quorate term after another');
    if (this.#lastQuorate !== termText(term)) this.settled.checkKnown(one, life);
    this.#lastQuorate = termText(term);
    const isRival = ({ life: other }: Machine): boolean => other !== undefined && other !== life && other.plane.leadership.isMine();
    if ([...this.#nodes()].some(isRival)) this.#chronicle.count('a degraded coordinator beside a quorate one');
  }

  /** What the journal reports: a refused write is a fault of the disk, anything else one of ours. */
  troubled(node: Machine, trouble: Trouble): void {
    const text = `trouble ${trouble.type} ${'error' in trouble ? String(trouble.error) : ''}`;
    if (trouble.type === 'fork') this.#chronicle.count('fork noticed');
    if (trouble.type === 'store-renewed') this.#chronicle.count('store renewed after it was known further elsewhere');
    const isDefect = trouble.type === 'listener-failed' || trouble.type === 'fact-not-understood';
    if (isDefect) this.#chronicle.violate(node.plan.id, text);
    else this.#chronicle.note(node.plan.id, text);
  }

  /** A disk refused to write. */
  refused(error: unknown): void {
    const text = error instanceof Error ? `${'code' in error ? error.code : ''} ${error.message}` : '';
    if (text.startsWith('disk-full')) this.#chronicle.count('write refused by a full disk');
    else if (/I\/O error|EIO/.test(text)) this.#chronicle.count('fsync failed');
  }

  /** A process begins, with a time of day for its incarnation. */
  booted(node: Machine, incarnation: number): void {
    const before = this.#incarnations.get(node.plan.id);
    if (before !== undefined && incarnation < before) this.#chronicle.count('clock showed an earlier time after a restart');
    this.#incarnations.set(node.plan.id, incarnation);
  }

  /** A run of an earlier process goes on under a new one. */
  adopted(node: Machine, attempt: AttemptName): void {
    this.#chronicle.note(node.plan.id, `adopts ${runKey(attempt)}`);
    this.#chronicle.count('task outlived its daemon and was adopted');
  }

  /** Nobody came for the tasks of a dead daemon. */
  gaveUp(node: Machine): void {
    this.#chronicle.note(node.plan.id, 'ends the tasks that nobody came for');
    this.#chronicle.cause();
    this.#chronicle.count('tasks ended because no daemon came back');
  }

  /** The launcher ended a run because nobody renewed its lease. */
  leaseEnded(node: Machine, attempt: AttemptName): void {
    this.#chronicle.note(node.plan.id, `ends ${runKey(attempt)}, whose lease is over`);
    this.#chronicle.cause();
    this.#chronicle.count('run ended with its lease');
  }

  checkOnceOnly(): void {
    checkOnceOnly(this.#nodes(), this.#chronicle);
  }

  /** A run begins; answers how many runs of the task failed before. */
  began(node: Machine, attempt: AttemptName): number {
    const { id } = node.plan;
    const key = runKey(attempt);
    const state = node.life?.plane.journal.job(attempt.job);
    this.#chronicle.note(id, `starts ${key} attempt ${attempt.attempt} of ${termText(attempt.term)}`);
    const isOver = state?.removed === true || state?.cancelledGenerations.has(attempt.generation) === true;
    if (isOver) this.#chronicle.violate(id, `starts ${key}, which it knows to be cancelled`);
    const starts = this.#chronicle.starts.get(key) ?? [];
    this.#chronicle.starts.set(key, starts);
    if (starts.some(({ outcome }) => outcome !== 'failed')) this.#chronicle.count('task ran twice');
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
    for (const host of this.#unharmed(node, hosts)) {
      const machines = [...this.#nodes()].filter(({ plan }) => plan.host === host);
      // Of a job that is removed meanwhile a place in the chain is enough.
      const missing = facts.find((fact) => !this.#chronicle.doomed.has(fact.job) && !machines.some(({ contents }) => contents.has(fact)));
      if (missing !== undefined) this.#chronicle.violate(node.plan.id, `counts a copy of ${what} (${missing.type}) on ${host}, which is not on its disk`);
    }
  }

  /** Of facts that say the same (a submission tried again makes another one), each machine has at least one. */
  checkAnyCopy(node: Machine, facts: readonly (Fact | ClusterFact)[], hosts: readonly string[], what: string): void {
    for (const host of this.#unharmed(node, hosts)) {
      const machines = [...this.#nodes()].filter(({ plan }) => plan.host === host);
      const held = facts.some((fact) => machines.some(({ contents }) => contents.has(fact)));
      if (!held) this.#chronicle.violate(node.plan.id, `counts a copy of ${what} on ${host}, which is not on its disk`);
    }
  }

  checkBlobs(node: Machine, digests: readonly string[], hosts: readonly string[], what: string): void {
    for (const host of this.#unharmed(node, hosts)) {
      const machines = [...this.#nodes()].filter(({ plan }) => plan.host === host);
      const held = new Set(machines.flatMap(({ blobDisk }) => blobDisk.digests()));
      if (digests.some((digest) => !held.has(digest))) this.#chronicle.violate(node.plan.id, `counts a copy of ${what} on ${host}, which is not on its disk`);
    }
  }

  #unharmed(node: Machine, hosts: readonly HostId[]): readonly HostId[] {
    return hosts.filter((host) => !this.#chronicle.hasJustLost(host, node));
  }

  #seated(node: Machine, life: Life, term: Term): void {
    const { id } = node.plan;
    const key = `${term.number}@${term.node}`;
    const holder = `${id} life ${life.number}`;
    const forgot = this.#chronicle.losses.filter(({ host }) => host === node.plan.host).length;
    if (term.node !== id) this.#chronicle.violate(id, `acts in the term ${termText(term)} of another node`);
    const before = this.#seats.get(key);
    if (before !== undefined && before.holder !== holder) {
      // Who lost its disk cannot know which terms it used; alone, it may draw one again, and nobody takes what it then says for more than it is.
      if (before.forgot === forgot) this.#chronicle.violate(id, `uses the term ${key} again, which ${before.holder} used`);
      else {
        this.#chronicle.count('term used again after the loss of a disk');
        this.#chronicle.reusedTerms.add(key);
      }
    }
    if (before === undefined && this.#lastSeat === holder && this.#lastQuorate?.endsWith(`@${id.slice(-8)}`) === true)
      this.#chronicle.count('quorate coordinator claimed above a rival');
    this.#lastSeat = holder;
    this.#seats.set(key, { holder, forgot });
    const isRival = ({ life: other }: Machine): boolean => other !== undefined && other !== life && other.plane.leadership.isMine();
    if ([...this.#nodes()].some(isRival)) this.#chronicle.count('two coordinators act at once');
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
    if (!sameTerm(attempt.term, fact.term)) this.#chronicle.count('result kept of an attempt of another term');
    const placedBy = [...this.#nodes()].find(({ plan }) => plan.id === attempt.term.node);
    if (placedBy?.life === undefined) this.#chronicle.count('result kept of an attempt of a dead coordinator');
    const holders = fact.holders.map(({ host }) => host);
    this.checkBlobs(
      node,
      fact.outputs.map(({ digest }) => digest),
      holders,
      `the result of ${key}`,
    );
  }

  /** What a fact puts an end to does not go on where the fact is known. */
  #checkObeyed(node: Machine, fact: Fact): void {
    if (node.life?.ready !== true) return;
    const isEnded = ({ attempt }: HostedTask): boolean => {
      if (attempt.job !== fact.job) return false;
      if (fact.type === 'removed') return true;
      if (fact.type === 'cancelled') return attempt.generation === fact.generation;
      return fact.type === 'result-kept' && attempt.step === fact.attempt.step && attempt.index === fact.attempt.index;
    };
    const task = node.host.tasks().find(isEnded);
    if (task !== undefined) this.#chronicle.violate(node.plan.id, `goes on with ${runKey(task.attempt)}, for which it knows ${fact.type}`);
  }

  #isReady(id: NodeId): boolean {
    return [...this.#nodes()].some(({ plan, life }) => plan.id === id && life?.ready === true);
  }

  #folded(node: Machine, fact: Fact): void {
    const what = 'attempt' in fact ? ` ${runKey(fact.attempt)}` : ` ${fact.job.slice(0, 6)}`;
    this.#chronicle.note(node.plan.id, `knows ${fact.type}${what}`);
    this.#checkObeyed(node, fact);
    if (fact.type === 'result-lost') this.#chronicle.count('result lost with all its holders and made again');
    // That a job was removed is also known from what was collected of it.
    const isTold = fact.type === 'removed' && fact.at === 0;
    if (!isTold && !node.contents.has(fact)) this.#chronicle.violate(node.plan.id, `acts on ${fact.type}, which is not on its disk`);
  }
}

function taskOf({ job, generation, step, index }: AttemptName): string {
  return `${job} ${generation} ${step} ${index}`;
}
