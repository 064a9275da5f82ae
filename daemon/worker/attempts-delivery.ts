/** Brings what became of an attempt to whoever coordinates, until somebody answers for it. */
import { stepOf } from '../../src/model/standing.ts';
import type { CoordinationReply, FailureNotice, Offer } from '../wire/coordination-protocol.ts';
import { coordinationProtocol } from '../wire/coordination-protocol.ts';
import { lossOf } from './attempts-outcome.ts';
import type { Clock, Journal, Leadership, Messenger, WorkerNeeds } from './needs.ts';
import type { WorkerOptions } from './options.ts';

export interface DeliveryNeeds {
  readonly leadership: Leadership;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly journal: Pick<Journal, 'job'>;
  readonly offeredBytes: WorkerNeeds['offeredBytes'];
  readonly recentUse?: WorkerNeeds['recentUse'];
}

export class AttemptsDelivery {
  readonly #options: Pick<WorkerOptions, 'retryMs' | 'offerMs'>;
  readonly #needs: DeliveryNeeds;
  #changed = Promise.withResolvers<undefined>();

  constructor(options: Pick<WorkerOptions, 'retryMs' | 'offerMs'>, needs: DeliveryNeeds) {
    this.#options = options;
    this.#needs = needs;
    needs.leadership.onChange(() => {
      this.#changed.resolve(undefined);
      this.#changed = Promise.withResolvers();
    });
  }

  /** Resolves once a coordinator has answered for good, or one of the signals is aborted; leaves nothing behind on them. Until then the bytes of a result stay. Never rejects. */
  async deliver(request: Offer | FailureNotice, ...signals: readonly AbortSignal[]): Promise<void> {
    const abandoned = Promise.withResolvers<undefined>();
    const onAbort = (): void => abandoned.resolve(undefined);
    for (const signal of signals) signal.addEventListener('abort', onAbort);
    const pins = this.#needs.recentUse?.pins();
    if (request.type === 'offer') for (const { digest } of request.outputs) pins?.add(digest);
    try {
      while (!signals.some((signal) => signal.aborted)) {
        const changed = this.#changed.promise;
        const reply = await Promise.race([this.#ask(request), changed, abandoned.promise]);
        if (reply !== undefined && reply.type !== 'later') return;
        // A new coordinator is asked at once, the same one again after a while.
        if (reply !== undefined || this.#needs.leadership.current() === undefined) await this.#pause([changed, abandoned.promise]);
      }
    } finally {
      pins?.end();
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
    }
  }

  async #ask(request: Offer | FailureNotice): Promise<CoordinationReply | undefined> {
    const term = this.#needs.leadership.current();
    if (term === undefined) return undefined;
    try {
      return await this.#needs.messenger.request(term.node, coordinationProtocol, await this.#asItIs(request), this.#options.offerMs);
    } catch (error) {
      return { type: 'later', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** A result whose files are gone can never be kept, and while it is held nobody else does its task. */
  async #asItIs(request: Offer | FailureNotice): Promise<Offer | FailureNotice> {
    if (request.type === 'failed' || !(await this.#needs.offeredBytes.areLost(request.outputs))) return request;
    const state = this.#needs.journal.job(request.attempt.job);
    const step = state === undefined ? undefined : stepOf(state, request.attempt.step);
    return lossOf(request, step?.onceOnly === true);
  }

  async #pause(until: readonly Promise<undefined>[]): Promise<void> {
    const time = Promise.withResolvers<undefined>();
    const timer = this.#needs.clock.after(this.#options.retryMs, () => time.resolve(undefined));
    await Promise.race([time.promise, ...until]);
    timer.cancel();
  }
}
