/** Turns what the scheduler decides into attempts, and sends them to their workers. */
import type { AttemptName, NodeId, Term } from '../../src/model/job.ts';
import type { Timer } from '../clock.ts';
import { type Assignment, leaseGraceMs, workProtocol } from '../wire/work-protocol.ts';
import type { JobBoard } from './job-board.ts';
import type { Clock, Membership, Messenger } from './needs.ts';
import type { NodeRests } from './node-rests.ts';
import { snapshotNodes } from './node-snapshots.ts';
import type { CoordinatorOptions } from './options.ts';
import type { Roster } from './roster.ts';
import { place } from './scheduler/place.ts';
import type { Placement } from './scheduler/snapshot.ts';

/** Nodes named to a worker as holders of a job's inputs. */
const mostHolders = 16;

export interface PlacingNeeds {
  readonly membership: Membership;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly roster: Roster;
  readonly rests: NodeRests;
  /** Is the term still this node's own? */
  isMine(): boolean;
}

export class Placing {
  readonly #options: CoordinatorOptions & { readonly term: Term };
  readonly #needs: PlacingNeeds;
  readonly #batches = new Map<NodeId, number>();
  readonly #timers = new Set<Timer>();
  #due = false;

  constructor(options: CoordinatorOptions & { readonly term: Term }, needs: PlacingNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  /** Places what can be placed, `afterMs` from now at the earliest; events close together share one pass. */
  soon(afterMs = 0): void {
    if (afterMs > 0) this.#in(afterMs, () => this.soon());
    if (afterMs > 0 || this.#due) return;
    this.#due = true;
    this.#in(this.#options.placingMs, () => {
      this.#due = false;
      if (this.#needs.isMine()) this.#place();
    });
  }

  end(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  #in(milliseconds: number, run: () => void): void {
    const timer = this.#needs.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #place(): void {
    const { roster, clock } = this.#needs;
    const now = clock.now();
    const waiting = roster.boards().flatMap((board) => board.waiting(now));
    if (waiting.length === 0) return;
    const placements = place(snapshotNodes({ ...this.#needs, attempts: roster.attempts }, now), waiting);
    for (const [node, ofNode] of Map.groupBy(placements, (placement) => placement.node)) void this.#assign(node, ofNode);
  }

  async #assign(node: NodeId, placements: readonly Placement[]): Promise<void> {
    const batch = (this.#batches.get(node) ?? 0) + 1;
    this.#batches.set(node, batch);
    const attempts = placements.map((placement) => this.#draw(placement, batch)).filter((assigned) => assigned !== undefined);
    const request = { type: 'assign', term: this.#options.term, batch, attempts } as const;
    const { messenger } = this.#needs;
    try {
      const reply = await messenger.request(node, workProtocol, request, this.#options.assignMs);
      if (reply.type === 'assigned') for (const { attempt, reason } of reply.refused) this.#takeBack(node, [attempt], reason, true);
      else this.#takeBack(node, attemptsOf(request), 'it has heard of a higher term', true);
    } catch (error) {
      // If the worker took them after all, it will name them in its next report and they are adopted.
      this.#takeBack(node, attemptsOf(request), error instanceof Error ? error.message : String(error), false);
    }
  }

  #draw({ job, step, index, node }: Placement, batch: number): Assignment['attempts'][number] | undefined {
    const { roster, clock, membership } = this.#needs;
    const board = roster.board(job);
    const queue = board?.queue(step);
    if (board === undefined || queue === undefined) return undefined;
    const attempt: AttemptName = { term: this.#options.term, job, generation: board.generation, step, index, attempt: queue.numberOf(index), node };
    const now = clock.now();
    const { leaseMs } = this.#options;
    const onceOnly = queue.step.onceOnly === true;
    roster.attempts.add({
      attempt,
      requirements: queue.step.requirements,
      onceOnly,
      incarnation: membership.member(node)?.facts.incarnation ?? 0,
      batch,
      since: now,
      state: 'assigned',
      leaseUntil: now + leaseMs + (onceOnly ? leaseGraceMs : 0),
      fraction: 0,
      message: '',
    });
    queue.took(index);
    return { attempt, holders: this.#holdersFor(board), ...(onceOnly ? { leaseMs } : {}) };
  }

  #holdersFor(board: JobBoard): NodeId[] {
    const known = new Set([board.record.submitter, ...board.warm]);
    return [...known].filter((node) => this.#needs.membership.member(node)?.reachability === 'alive').slice(0, mostHolders);
  }

  /** `surely`: the worker itself said that it does not have them. */
  #takeBack(node: NodeId, attempts: readonly AttemptName[], reason: string, surely: boolean): void {
    const { roster, rests, clock } = this.#needs;
    if (!this.#needs.isMine()) return;
    for (const attempt of attempts) {
      if (surely) roster.release(attempt);
      else roster.lose(attempt);
    }
    this.soon(rests.refused(node, reason, clock.now()));
  }
}

function attemptsOf(request: Assignment): AttemptName[] {
  return request.attempts.map((assigned) => assigned.attempt);
}
