/**
 * Keeping: the one way in which a result becomes a fact. Only in this node's own term; only for a task without a result
 * whose generation is open; only after its bytes are on enough machines. Offers for one task are dealt with in order.
 */
import { attemptKey } from '../../src/model/attempt.ts';
import type { JobId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import type { CoordinationReply, FailureNotice, Offer } from '../wire/coordination-protocol.ts';
import { copyOutputs } from './copy-outputs.ts';
import type { FactBatch } from './fact-batch.ts';
import { createGate } from './gate.ts';
import type { Blobs, Clock, Journal, Membership } from './needs.ts';
import type { CoordinatorOptions } from './options.ts';
import { verdictOn } from './verdict.ts';

export interface KeepNeeds {
  readonly journal: Journal;
  readonly blobs: Blobs;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly facts: FactBatch;
  /** Is the term still this node's own? */
  isMine(): boolean;
}

export class ResultKeeper {
  readonly #options: CoordinatorOptions & { readonly term: Term };
  readonly #needs: KeepNeeds;
  readonly #throughGate: ReturnType<typeof createGate>;
  /** The last of the offers under way for each task. */
  readonly #lines = new Map<string, Promise<unknown>>();

  constructor(options: CoordinatorOptions & { readonly term: Term }, needs: KeepNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.#throughGate = createGate(options.keepingAtOnce);
  }

  keep(offer: Offer): Promise<CoordinationReply> {
    return this.#inLine(offer, () => this.#throughGate(() => this.#keep(offer)));
  }

  /** Makes a failure a fact, unless the attempt is in vain anyway. */
  fail(notice: FailureNotice): Promise<CoordinationReply> {
    return this.#inLine(notice, async () => {
      const { attempt, failure } = notice;
      const state = this.#needs.journal.job(attempt.job);
      const settled = this.#answerFrom(state, notice);
      if (settled !== undefined) return settled;
      if (state?.failures.has(attemptKey(attempt)) === true) return { type: 'noted' };
      const stillTrue = (): boolean => this.#answerFrom(this.#needs.journal.job(attempt.job), notice) === undefined;
      const fact = { type: 'attempt-failed', job: attempt.job, at: this.#needs.clock.wall(), attempt, failure } as const;
      return (await this.#needs.facts.append(fact, stillTrue)) === 'untrue' ? later('the job changed') : { type: 'noted' };
    });
  }

  async #keep(offer: Offer): Promise<CoordinationReply> {
    const { journal } = this.#needs;
    const { attempt, outputs, report } = offer;
    const answer = (): CoordinationReply | undefined => this.#answerFrom(journal.job(attempt.job), offer);
    const before = answer();
    if (before !== undefined) return before;
    const submitter = journal.job(attempt.job)?.record?.submitter;
    if (submitter === undefined) return later('the job is not known here yet');
    const holders = await copyOutputs({ outputs, from: attempt.node, submitter, copyMs: this.#options.copyMs }, this.#needs);
    const fact = { type: 'result-kept', job: attempt.job, at: this.#needs.clock.wall(), attempt, term: this.#options.term, outputs, report, holders } as const;
    const kept = await this.#needs.facts.append(fact, () => answer() === undefined);
    if (kept === 'untrue') return answer() ?? later('the job changed');
    return kept === 'settled' ? { type: 'kept', quorate: true } : { type: 'kept' };
  }

  /** Undefined while the attempt may still become a fact. */
  #answerFrom(state: JobState | undefined, { attempt }: Offer | FailureNotice): CoordinationReply | undefined {
    if (!this.#needs.isMine()) return later('this node does not coordinate');
    if (state === undefined || (state.record === undefined && !state.removed)) return later('the job is not known here yet');
    const verdict = verdictOn(state, attempt);
    if (verdict === 'open') return undefined;
    return verdict === 'kept' ? { type: 'kept' } : { type: 'refused', reason: verdict };
  }

  async #inLine(
    { attempt }: { readonly attempt: { readonly job: JobId; readonly step: string; readonly index: number } },
    work: () => Promise<CoordinationReply>,
  ): Promise<CoordinationReply> {
    const key = `${attempt.job}/${attempt.step}/${attempt.index}`;
    const before = this.#lines.get(key) ?? Promise.resolve();
    const mine = before.then(work).catch((error: unknown) => later(error instanceof Error ? error.message : String(error)));
    this.#lines.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#lines.get(key) === mine) this.#lines.delete(key);
    }
  }
}

export function later(reason: string): CoordinationReply {
  return { type: 'later', reason: reason.slice(0, 500) };
}
