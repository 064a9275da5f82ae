/** How a new coordinator finds out what is going on before it acts. */
import type { NodeId, Term } from '../../src/model/job.ts';
import { type Holdings, workProtocol } from '../wire/work-protocol.ts';
import type { Clock, Membership, Messenger } from './needs.ts';

/** A worker whose connection is just being made is asked again after this time. */
const againMs = 100;

interface CensusNeeds {
  readonly membership: Membership;
  readonly messenger: Messenger;
  readonly clock: Clock;
}

/** Asks the reachable workers what they run or hold finished. */
export class Census {
  readonly #options: { readonly term: Term; readonly censusMs: number };
  readonly #needs: CensusNeeds;
  readonly #waits = new Map<NodeId, () => void>();

  constructor(options: { readonly term: Term; readonly censusMs: number }, needs: CensusNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  /** Resolves within `censusMs`, without those who did not answer: when they are back they report by themselves. */
  async take(): Promise<ReadonlyMap<NodeId, Holdings>> {
    const { membership, clock } = this.#needs;
    const found = new Map<NodeId, Holdings>();
    const until = clock.now() + this.#options.censusMs;
    await Promise.all(
      membership.reachable().map(async ({ facts: { id } }) => {
        const lost = Promise.withResolvers<undefined>();
        this.#waits.set(id, () => lost.resolve(undefined));
        const holdings = await Promise.race([this.#ask(id, until), lost.promise]);
        if (holdings !== undefined) found.set(id, holdings);
      }),
    );
    return found;
  }

  /** The node has been lost meanwhile: it is not waited for. */
  giveUp(node: NodeId): void {
    this.#waits.get(node)?.();
  }

  async #ask(node: NodeId, until: number): Promise<Holdings | undefined> {
    const { messenger, clock } = this.#needs;
    const { term } = this.#options;
    for (;;) {
      const left = until - clock.now();
      if (left <= 0) return undefined;
      const reply = await messenger.request(node, workProtocol, { type: 'census', term }, left).catch(() => undefined);
      if (reply !== undefined) return reply.type === 'holdings' ? reply.holdings : undefined;
      await new Promise<void>((resolve) => void clock.after(againMs, resolve));
    }
  }
}
