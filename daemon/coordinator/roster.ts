/** What one term of coordinating keeps in memory: the open jobs and the attempts out there. All of it can be found out anew. */
import type { AttemptName, JobId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { workProtocol } from '../wire/work-protocol.ts';
import { AttemptTable, type Tracked } from './attempt-table.ts';
import { JobBoard } from './job-board.ts';
import type { Journal, Messenger } from './needs.ts';

export interface RosterNeeds {
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
    this.#boards.set(id, new JobBoard({ id, record, generation }, { attempts: this.attempts, state: () => this.#needs.journal.job(id) ?? state }));
  }

  /** The attempt is lost, failed or refused: unless another one goes on, its task waits again. */
  release(attempt: AttemptName): Tracked | undefined {
    const tracked = this.attempts.remove(attempt);
    if (tracked !== undefined) this.board(attempt.job)?.giveBack(attempt);
    return tracked;
  }

  /** Tells the workers to end these; forgets them. A worker that does not hear it learns from its own records, or when it offers. */
  stop(attempts: readonly AttemptName[]): void {
    for (const attempt of attempts) this.attempts.remove(attempt);
    for (const [node, ofNode] of Map.groupBy(attempts, (attempt) => attempt.node)) {
      this.#needs.messenger.send(node, workProtocol, { type: 'stop', term: this.#term, attempts: ofNode });
    }
  }
}

/** Has the job's current generation anything to be done? */
function isOpen(state: JobState): boolean {
  return !state.removed && !state.cancelledGenerations.has(state.generation) && !state.ended.has(state.generation);
}
