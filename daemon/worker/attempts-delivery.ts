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

/** Bytes that are found missing so often in a row, and over such a time (milliseconds), are lost: a peer that hangs is gone or answers by then. */
const looksUntilLost = 4;
const missingUntilLostMs = 60_000;
/** Between two such looks: each asks everybody. */
const lookAgainMs = 10_000;

/** The looks at one result that found bytes missing, in a row. */
interface MissingLooks {
  count: number;
  /** Of the first of them. */
  since: number;
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
    const missing: MissingLooks = { count: 0, since: 0 };
    const pins = this.#needs.recentUse?.pins();
    if (request.type === 'offer') for (const { digest } of request.outputs) pins?.add(digest);
    try {
      while (!signals.some((signal) => signal.aborted)) {
        const changed = this.#changed.promise;
        const reply = await Promise.race([this.#ask(request, missing), changed, abandoned.promise]);
        if (reply !== undefined && reply.type !== 'later') return;
        // A new coordinator is asked at once, the same one again after a while.
        if (reply !== undefined || this.#needs.leadership.current() === undefined) {
          await this.#pause(missing.count > 0 ? lookAgainMs : this.#options.retryMs, [changed, abandoned.promise]);
        }
      }
    } finally {
      pins?.end();
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
    }
  }

  async #ask(request: Offer | FailureNotice, missing: MissingLooks): Promise<CoordinationReply | undefined> {
    const term = this.#needs.leadership.current();
    if (term === undefined) return undefined;
    try {
      const asItIs = await this.#asItIs(request, missing);
      if (asItIs === undefined) return { type: 'later', reason: 'its files are missing' };
      return await this.#needs.messenger.request(term.node, coordinationProtocol, asItIs, this.#options.offerMs);
    } catch (error) {
      return { type: 'later', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** A result whose files are gone can never be kept, and while it is held nobody else does its task. Undefined while nobody can say whether they are. */
  async #asItIs(request: Offer | FailureNotice, missing: MissingLooks): Promise<Offer | FailureNotice | undefined> {
    if (request.type === 'failed') return request;
    if ((await this.#needs.offeredBytes.look(request.outputs)) === 'there') {
      missing.count = 0;
      return request;
    }
    if (missing.count === 0) missing.since = this.#needs.clock.now();
    missing.count += 1;
    if (missing.count < looksUntilLost || this.#needs.clock.now() - missing.since < missingUntilLostMs) return undefined;
    const state = this.#needs.journal.job(request.attempt.job);
    const step = state === undefined ? undefined : stepOf(state, request.attempt.step);
    return lossOf(request, step?.onceOnly === true);
  }

  async #pause(ms: number, until: readonly Promise<undefined>[]): Promise<void> {
    const time = Promise.withResolvers<undefined>();
    const timer = this.#needs.clock.after(ms, () => time.resolve(undefined));
    await Promise.race([time.promise, ...until]);
    timer.cancel();
  }
}
