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

/** What the reachable workers run or hold finished; within `censusMs`, without those who did not answer. */
export async function takeCensus(options: { readonly term: Term; readonly censusMs: number }, needs: CensusNeeds): Promise<ReadonlyMap<NodeId, Holdings>> {
  const found = new Map<NodeId, Holdings>();
  const until = needs.clock.now() + options.censusMs;
  const nodes = needs.membership.reachable().map((member) => member.facts.id);
  await Promise.all(
    nodes.map(async (node) => {
      const holdings = await askUntil(node, until, options.term, needs);
      if (holdings !== undefined) found.set(node, holdings);
    }),
  );
  return found;
}

async function askUntil(node: NodeId, until: number, term: Term, { messenger, clock }: CensusNeeds): Promise<Holdings | undefined> {
  for (;;) {
    const left = until - clock.now();
    if (left <= 0) return undefined;
    const reply = await messenger.request(node, workProtocol, { type: 'census', term }, left).catch(() => undefined);
    if (reply !== undefined) return reply.type === 'holdings' ? reply.holdings : undefined;
    await new Promise<void>((resolve) => void clock.after(againMs, resolve));
  }
}
