/**
 * The coordinator's care for bytes that exist already: looks where the inputs of open jobs and the results not delivered yet
 * are, brings them to more machines where too few have them, and gives up for lost what nobody has any more.
 */
import { attemptKey } from '../../src/model/attempt.ts';
import type { Fact, ResultKept } from '../../src/model/facts.ts';
import type { JobId, NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { jobPhase } from '../../src/model/phase.ts';
import type { Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import { movesFor } from './moves.ts';
import type { Located, Move, SizedBlob, UpkeepNeeds } from './needs.ts';
import { type JobCopies, mostJobBytes, mostJobs, upkeepProtocol } from './protocol.ts';
import { blobsOf, holdersOf, isOpen, isRepeatable, type Machines, machinesOf, undelivered } from './wanted.ts';

/** All in milliseconds. */
export interface UpkeepOptions {
  /** Events within this time are answered by one look. */
  readonly soonMs: number;
  /** Between two looks while something is on too few machines. */
  readonly againMs: number;
  /** Between two looks at everything: a machine that finds a copy damaged drops it, and a folder may be emptied, without a word to anybody. */
  readonly patrolMs: number;
  /** A result whose last holders are out of reach of most voters is waited for this long: longer than a restart, shorter than a night. */
  readonly lostMs: number;
  /** Longest time without progress while bytes are copied. */
  readonly copyMs: number;
}

export const upkeepDefaults: UpkeepOptions = { soonMs: 2_000, againMs: 15_000, patrolMs: 900_000, lostMs: 600_000, copyMs: 20_000 };

export class Upkeep implements Startable {
  readonly #options: UpkeepOptions;
  readonly #needs: UpkeepNeeds;
  readonly #known = new Map<JobId, JobCopies>();
  /** Jobs to look at; those that were found safe need no further look until something changes, or the next patrol. */
  readonly #due = new Set<JobId>();
  /** Clock milliseconds when nobody was found to have the result of the attempt. */
  readonly #missing = new Map<string, number>();
  /** Nodes that were found to have a part of the attempt's result: copies made here are known nowhere else. */
  readonly #seen = new Map<JobId, Map<string, Set<NodeId>>>();
  #timer: { readonly at: number; readonly timer: Timer } | undefined;
  #patrol: Timer | undefined;
  #working = false;
  #running = false;

  /** Construct before the network starts: it serves its protocol from then on. */
  constructor(options: Partial<UpkeepOptions>, needs: UpkeepNeeds) {
    this.#options = { ...upkeepDefaults, ...options };
    this.#needs = needs;
    needs.messenger.serve(upkeepProtocol, {
      onRequest: async () => ({ type: 'copies', known: needs.leadership.isMine(), jobs: this.#answer() }),
    });
    needs.journal.onFact((fact) => this.#learn(fact));
    needs.membership.onChange(({ member, before }) => {
      if (member.reachability !== before) this.#lookAtAll();
    });
    needs.leadership.onChange(() => this.#lookAtAll());
  }

  async start(): Promise<void> {
    this.#running = true;
    this.#patrol = this.#needs.clock.every(this.#options.patrolMs, () => this.#lookAtAll());
    this.#lookAtAll();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#patrol?.cancel();
    this.#timer?.timer.cancel();
  }

  #answer(): readonly JobCopies[] {
    if (!this.#needs.leadership.isMine()) return [];
    const fewest = ({ job, inputs, results = Number.POSITIVE_INFINITY }: JobCopies): number => {
      const state = this.#needs.journal.job(job);
      return state !== undefined && isOpen(state) ? Math.min(inputs.length, results) : results;
    };
    const sorted = [...this.#known.values()].toSorted((a, b) => fewest(a) - fewest(b)).slice(0, mostJobs);
    let bytes = 0;
    return sorted.filter((copies) => {
      bytes += Buffer.byteLength(JSON.stringify(copies));
      return bytes <= mostJobBytes;
    });
  }

  #learn(fact: Fact): void {
    if (fact.type === 'removed' || fact.type === 'delivered') {
      this.#known.delete(fact.job);
      this.#seen.delete(fact.job);
    }
    if (fact.type !== 'submitted' && fact.type !== 'retried' && fact.type !== 'ended') return;
    this.#due.add(fact.job);
    this.#lookIn(this.#options.soonMs);
  }

  #lookAtAll(): void {
    if (!this.#running) return;
    if (!this.#needs.leadership.isMine()) {
      this.#known.clear();
      this.#missing.clear();
      this.#seen.clear();
      return;
    }
    if (!this.#isQuorate()) this.#missing.clear();
    for (const state of this.#needs.journal.jobs().values()) if (isOpen(state) || undelivered(state).length > 0) this.#due.add(state.id);
    this.#lookIn(this.#options.soonMs);
  }

  #lookIn(milliseconds: number): void {
    const at = this.#needs.clock.now() + milliseconds;
    if (!this.#running || this.#due.size === 0 || (this.#timer !== undefined && this.#timer.at <= at)) return;
    this.#timer?.timer.cancel();
    this.#timer = { at, timer: this.#needs.clock.after(milliseconds, () => void this.#look()) };
  }

  /** Never rejects: what could not be done is due again. */
  async #look(): Promise<void> {
    this.#timer = undefined;
    if (this.#working) return this.#lookIn(this.#options.soonMs);
    this.#working = true;
    const due = [...this.#due];
    this.#due.clear();
    for (const job of due) {
      const state = this.#needs.journal.job(job);
      if (state === undefined || !this.#mayAct()) continue;
      const safe = await this.#lookAt(state).catch(() => false);
      if (!safe) this.#due.add(job);
    }
    this.#working = false;
    this.#lookIn(this.#options.againMs);
  }

  #mayAct(): boolean {
    return this.#running && this.#needs.leadership.isMine();
  }

  /** Between two sparse renewals the last one counts. Without the voters it may be this side that is cut off. */
  #isQuorate(): boolean {
    const { leadership } = this.#needs;
    return leadership.isMine() && (leadership.quorate() || leadership.standing()?.quorate === true);
  }

  /** True when everything of the job is on as many machines as there should be. */
  async #lookAt(state: JobState): Promise<boolean> {
    const inputs = isOpen(state) ? await this.#inputsOf(state) : [];
    const results = undelivered(state);
    const blobs = [...(inputs ?? []), ...results.flatMap(blobsOf)];
    const before = await this.#needs.blobs.locate(blobs.map(({ digest }) => digest));
    const moves = this.#movesOf(state, inputs ?? [], results, before);
    for (const move of moves) if (this.#mayAct()) await this.#move(move).catch(() => undefined);
    if (!this.#mayAct()) return false;
    const after = moves.length === 0 ? before : await this.#needs.blobs.locate(blobs.map(({ digest }) => digest));
    for (const { held } of [before, after]) this.#see(state.id, results, held);
    await this.#giveUpLost(state, results, after);
    return this.#note(state, inputs, results, after);
  }

  /** The tree and all its files; undefined when nobody reachable has the tree. */
  async #inputsOf({ record }: JobState): Promise<readonly SizedBlob[] | undefined> {
    if (record === undefined) return undefined;
    const { blobs, decodeTree } = this.#needs;
    const bytes = await blobs.bytes({ digest: record.inputs.tree }, [record.submitter]).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const files = decodeTree(bytes).map(({ digest, size }) => ({ digest, size }));
    return [{ digest: record.inputs.tree, size: bytes.length }, ...files];
  }

  #machines(state: JobState): Machines {
    const { membership } = this.#needs;
    const submitter = state.record?.submitter;
    return machinesOf(membership.reachable(), [...(submitter === undefined ? [] : [submitter]), membership.self]);
  }

  #movesOf(state: JobState, inputs: readonly SizedBlob[], results: readonly ResultKept[], { held }: Located): readonly Move[] {
    const machines = this.#machines(state);
    const groups = [{ blobs: inputs, wanted: machines.inputsWanted }, ...results.map((result) => ({ blobs: blobsOf(result), wanted: machines.resultsWanted }))];
    return movesFor(groups, held, machines);
  }

  #see(job: JobId, results: readonly ResultKept[], held: Located['held']): void {
    const seen = this.#seen.get(job) ?? new Map<string, Set<NodeId>>();
    this.#seen.set(job, seen);
    for (const result of results) {
      const key = attemptKey(result.attempt);
      const holders = blobsOf(result).flatMap(({ digest }) => held.get(digest) ?? []);
      seen.set(key, new Set([...(seen.get(key) ?? []), ...holders]));
    }
  }

  #move({ blobs, to, from }: Move): Promise<void> {
    const traffic = this.#needs.blobs;
    return to === this.#needs.membership.self ? traffic.fetch(blobs, from) : traffic.replicate(blobs, to, this.#options.copyMs, from);
  }

  /**
   * A result that nobody has, neither those who had it nor anybody else, is done again: at once when all of them say so, otherwise after
   * a time in which most of the voters were there without them. A cut-off side only waits: what it does not reach is not lost.
   */
  async #giveUpLost(state: JobState, results: readonly ResultKept[], { held, answered }: Located): Promise<void> {
    const phase = jobPhase(state);
    if (phase === 'cancelled' || phase === 'removed') return;
    const isQuorate = this.#isQuorate();
    if (!isQuorate) this.#missing.clear();
    const now = this.#needs.clock.now();
    const lost = results.filter((result) => {
      if (!isRepeatable(state, result)) return false;
      const key = `${state.id}/${attemptKey(result.attempt)}`;
      const gone = blobsOf(result).some(({ digest }) => (held.get(digest) ?? []).length === 0);
      if (!gone) this.#missing.delete(key);
      else if (!this.#missing.has(key)) this.#missing.set(key, now);
      if (!gone) return false;
      const hadIt = [
        ...result.holders.map(({ node }) => node),
        result.attempt.node,
        state.record?.submitter ?? '',
        ...(this.#seen.get(state.id)?.get(attemptKey(result.attempt)) ?? []),
      ];
      return hadIt.every((node) => answered.has(node)) || (isQuorate && now - (this.#missing.get(key) ?? now) >= this.#options.lostMs);
    });
    if (lost.length === 0 || !this.#mayAct()) return;
    const at = this.#needs.clock.wall();
    const facts: Fact[] = lost.map(({ attempt }) => ({ type: 'result-lost', job: state.id, at, attempt }));
    // What has ended well ends well again; where tasks had failed, it is for a person to say whether they are tried again.
    if (phase === 'succeeded') facts.push({ type: 'retried', job: state.id, at, generation: state.generation + 1 });
    await this.#needs.journal.append(facts);
    for (const { attempt } of lost) this.#missing.delete(`${state.id}/${attemptKey(attempt)}`);
  }

  #note(state: JobState, inputs: readonly SizedBlob[] | undefined, results: readonly ResultKept[], { held }: Located): boolean {
    const machines = this.#machines(state);
    const inputHosts = inputs === undefined || !isOpen(state) ? [] : holdersOf(inputs, held, machines);
    const resultHosts = results.map((result) => holdersOf(blobsOf(result), held, machines).length);
    const fewest = resultHosts.length === 0 ? undefined : Math.min(...resultHosts);
    if (isOpen(state) || fewest !== undefined) {
      this.#known.set(state.id, { job: state.id, inputs: inputHosts.slice(0, 64), ...(fewest === undefined ? {} : { results: fewest }) });
    } else this.#known.delete(state.id);
    return (!isOpen(state) || inputHosts.length >= machines.inputsWanted) && (fewest ?? machines.resultsWanted) >= machines.resultsWanted;
  }
}
