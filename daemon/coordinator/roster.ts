/** What one term of coordinating keeps in memory: the open jobs and the attempts out there. All of it can be found out anew. */
import type { AttemptName, JobId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { workProtocol } from '../wire/work-protocol.ts';
import { AttemptTable, type Tracked } from './attempt-table.ts';
import type { CutOff } from './cut-off.ts';
import { JobBoard } from './job-board.ts';
import type { Clock, Journal, Messenger } from './needs.ts';
import type { OnceOnly } from './once-only.ts';

export interface RosterNeeds {
  readonly clock: Clock;
  readonly onceOnly: Pick<OnceOnly, 'holdOf'>;
  readonly cutOff: Pick<CutOff, 'holds'>;
  readonly journal: Journal;
  readonly messenger: Messenger;
}

export class Roster {
  readonly attempts = new AttemptTable();
  readonly #term: Term;
  readonly #needs: RosterNeeds;
  /** In the order of submission as this node saw it. */
  readonly #boards = new Map<JobId, JobBoard>();

  constructor(options: { readonly term: Term }, needs: RosterNeeds) {
    this.#term = options.term;
    this.#needs = needs;
  }

  boards(): readonly JobBoard[] {
    return [...this.#boards.values()];
  }

  board(job: JobId): JobBoard | undefined {
    return this.#boards.get(job);
  }

  /** Opens or closes the job's board as its facts say; attempts of a closed generation are stopped. */
  refresh(state: JobState): void {
    const { id, record, generation } = state;
    const before = this.#boards.get(id);
    if (record === undefined || !isOpen(state)) this.#boards.delete(id);
    if (before !== undefined && (!isOpen(state) || before.generation !== generation)) {
      this.stop(this.attempts.ofJob(id).map((tracked) => tracked.attempt));
    }
    if (record === undefined || !isOpen(state) || before?.generation === generation) return;
    const { journal, onceOnly, cutOff, clock } = this.#needs;
    const board = new JobBoard(
      { id, record, generation, knownSince: clock.now() },
      { attempts: this.attempts, state: () => journal.job(id) ?? state, onceOnly, cutOff },
    );
    this.#boards.set(id, board);
  }

  /** The attempt is lost: unless another one goes on, its task waits again. One that is once-only may run on until its lease ends. */
  lose(attempt: AttemptName): void {
    if (!this.#mayRunOn(attempt)) this.release(attempt);
  }

  /** The attempt has surely ended, or never began: its worker said so. Unless another one goes on, its task waits again. */
  release(attempt: AttemptName): Tracked | undefined {
    const tracked = this.attempts.remove(attempt);
    if (tracked !== undefined) this.board(attempt.job)?.giveBack(attempt);
    return tracked;
  }

  /** Tells the workers to end these; forgets them, or, of once-only steps, waits for the end of their lease. A worker that does not hear it learns from its own records, or when it offers. */
  stop(attempts: readonly AttemptName[]): void {
    for (const attempt of attempts) if (!this.#mayRunOn(attempt)) this.attempts.remove(attempt);
    for (const [node, ofNode] of Map.groupBy(attempts, (attempt) => attempt.node)) {
      this.#needs.messenger.send(node, workProtocol, { type: 'stop', term: this.#term, attempts: ofNode });
    }
  }

  #mayRunOn(attempt: AttemptName): boolean {
    const tracked = this.attempts.get(attempt);
    return tracked?.onceOnly === true && this.#needs.clock.now() <= tracked.leaseUntil;
  }
}

/** Has the job's current generation anything to be done? */
function isOpen(state: JobState): boolean {
  return !state.removed && !state.cancelledGenerations.has(state.generation) && !state.ended.has(state.generation);
}
