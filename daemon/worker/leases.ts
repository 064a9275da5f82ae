/** Keeps the leases of once-only attempts, as wire/work-protocol.ts has it: what is not renewed in time ends. */
import type { Timer } from '../clock.ts';
import { coordinationProtocol } from '../wire/coordination-protocol.ts';
import type { Holdings } from '../wire/work-protocol.ts';
import type { HeldTask, HeldTasks } from './attempts.ts';
import type { Clock, Leadership, Messenger } from './needs.ts';

/** A lease is renewed this often before it ends. */
const renewals = 4;

export interface LeasesNeeds {
  readonly held: HeldTasks;
  readonly leadership: Leadership;
  readonly messenger: Messenger;
  readonly clock: Clock;
  holdings(): Holdings;
  /** Some that waited for a lease may start. */
  onRenewed(): void;
  onEnded(task: HeldTask): void;
}

export class Leases {
  readonly #needs: LeasesNeeds;
  #renewing: Timer | undefined;
  #ending: Timer | undefined;

  constructor(needs: LeasesNeeds) {
    this.#needs = needs;
  }

  /** To be called whenever there may be one more. */
  look(): void {
    this.#watch();
    const leased = this.#leased();
    if (leased.length === 0 || (this.#renewing !== undefined && leased.every(({ lease }) => lease?.isGranted === true))) return;
    this.#renewing?.cancel();
    void this.#renew();
  }

  stop(): void {
    this.#renewing?.cancel();
    this.#ending?.cancel();
  }

  #leased(): readonly HeldTask[] {
    return this.#needs.held.all().filter(({ lease, dropped }) => lease !== undefined && !dropped.signal.aborted);
  }

  async #renew(): Promise<void> {
    const { leadership, messenger, clock, held } = this.#needs;
    const shortest = Math.min(...this.#leased().map(({ lease }) => lease?.ms ?? Number.POSITIVE_INFINITY));
    this.#renewing = Number.isFinite(shortest) ? clock.after(shortest / renewals, () => void this.#renew()) : undefined;
    const term = leadership.current();
    if (term === undefined || this.#renewing === undefined) return;
    const sentAt = clock.now();
    try {
      const reply = await messenger.request(term.node, coordinationProtocol, { type: 'report', holdings: this.#needs.holdings() }, shortest);
      if (reply.type !== 'renewed') return;
      for (const attempt of reply.attempts) extend(held.get(attempt), sentAt, clock.now());
    } catch {
      // A request without an answer renews nothing.
      return;
    }
    this.#watch();
    this.#needs.onRenewed();
  }

  /** Until the first of them ends. */
  #watch(): void {
    const { clock, onEnded } = this.#needs;
    this.#ending?.cancel();
    this.#ending = undefined;
    const ended = this.#leased().filter(({ lease }) => (lease?.until ?? 0) <= clock.now());
    for (const task of ended) onEnded(task);
    const next = Math.min(...this.#leased().map(({ lease }) => lease?.until ?? Number.POSITIVE_INFINITY));
    if (Number.isFinite(next)) this.#ending = clock.after(next - clock.now(), () => this.#watch());
  }
}

/** Counted from the sending: the coordinator counts from its answer, which is later. */
function extend(task: HeldTask | undefined, sentAt: number, now: number): void {
  const lease = task?.lease;
  const until = sentAt + (lease?.ms ?? 0);
  // An answer that took so long renews nothing.
  if (task === undefined || lease === undefined || (lease.isGranted && until <= lease.until) || until <= now) return;
  task.lease = { ms: lease.ms, until, isGranted: true };
  task.running?.renew(until);
}
