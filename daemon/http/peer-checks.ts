/** What `supervm doctor` asks of other nodes: what time it is there, and whether they get through to this one. */
import * as z from 'zod';
import type { PeerView } from '../../src/api/views.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Member, Membership, Messenger, Protocol } from './needs.ts';

const outcome = z.enum(['open', 'refused', 'silent', 'no-way']);
const question = z.strictObject({ type: z.literal('check') });
const answer = z.strictObject({
  /** Unix milliseconds there. */
  wall: z.number().nonnegative().max(Number.MAX_SAFE_INTEGER),
  /** The asking node's addresses, and what came of dialling them. */
  dials: z.array(z.strictObject({ address: z.string().max(256), outcome })).max(32),
});

type Answer = z.infer<typeof answer>;

const peerChecksProtocol: Protocol<never, z.infer<typeof question>, Answer> = {
  id: '/supervm/peer-checks/1',
  message: z.never(),
  request: question,
  reply: answer,
  maximumBytes: 16 * 1024,
};

/** Dials of one request. */
const mostDials = 2;
const mostClaimed = 32;
const dialMs = 1000;
const answerMs = 2000;
/** A peer that asks again within this gets the answer it had; short, for people mend a firewall and look again. */
const freshMs = 1200;
/** More peers than this are not asked: a few tell as much. */
const mostAsked = 16;

export interface PeerChecksNeeds {
  readonly clock: Clock;
  readonly membership: Membership;
  readonly messenger: Messenger;
  /** The other end of this peer's connection; undefined when it is not connected. */
  hostOf(peer: NodeId): string | undefined;
  /** Connects to `host:port`, says nothing and hangs up. */
  dial(address: string, timeoutMs: number): Promise<Answer['dials'][number]['outcome']>;
  /** Does this peer confirm heartbeats by UDP? */
  heartbeatsReach(peer: NodeId): boolean;
}

export interface PeerChecks {
  /** Asks the peers within reach, all at once; takes four seconds at most. */
  views(): Promise<readonly PeerView[]>;
}

/** Call before the network starts: it answers the same questions of others. */
export function createPeerChecks(needs: PeerChecksNeeds): PeerChecks {
  serve(needs);
  return {
    async views() {
      const peers = needs.membership.members().filter((member) => member.facts.id !== needs.membership.self && member.reachability !== 'left');
      const connected = new Set(needs.messenger.connected());
      const asked = new Set(peers.filter(({ facts }) => connected.has(facts.id)).slice(0, mostAsked));
      return Promise.all(peers.map((peer) => viewOf(needs, peer, asked.has(peer))));
    },
  };
}

/**
 * Only addresses that the asking node claims and is connected from are dialled: a member must not learn through this one what listens on
 * other machines. Behind a router that translates addresses none of them is, and there is no way to it.
 */
function serve(needs: PeerChecksNeeds): void {
  const latest = new Map<NodeId, { readonly at: number; readonly dials: Promise<Answer['dials']> }>();
  const dialsFor = (node: NodeId): Promise<Answer['dials']> => {
    const now = needs.clock.now();
    for (const [known, { at }] of latest) if (now - at > freshMs) latest.delete(known);
    const before = latest.get(node);
    if (before !== undefined) return before.dials;
    const claimed = needs.membership.member(node)?.facts.addresses.slice(0, mostClaimed) ?? [];
    const host = needs.hostOf(node);
    const own = claimed.filter((address) => host !== undefined && address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '') === host);
    const dials =
      own.length === 0
        ? Promise.resolve(claimed.slice(0, 1).map((address) => ({ address, outcome: 'no-way' as const })))
        : Promise.all(own.slice(0, mostDials).map(async (address) => ({ address, outcome: await needs.dial(address, dialMs) })));
    latest.set(node, { at: now, dials });
    return dials;
  };
  needs.messenger.serve(peerChecksProtocol, {
    onRequest: async (from) => {
      // Looked at last, so that what the dials took does not count for the time of the way.
      const dials = await dialsFor(from);
      return { wall: needs.clock.wall(), dials };
    },
  });
}

async function viewOf(needs: PeerChecksNeeds, { facts, reachability }: Member, asked: boolean): Promise<PeerView> {
  const { id, name, version, addresses } = facts;
  const view = { id, name, version, addresses, reachability, heartbeats: needs.heartbeatsReach(id) ? 'udp' : 'connection' } as const;
  const told = asked ? await ask(needs, id) : undefined;
  return told === undefined ? view : { ...view, ...told };
}

/** Undefined where the peer gives no answer, as one of an older version. */
async function ask({ clock, messenger }: PeerChecksNeeds, peer: NodeId): Promise<Pick<PeerView, 'aheadMs' | 'withinMs' | 'dials'> | undefined> {
  // Twice: the first answer waits for dials, the second comes at once and tells the time.
  try {
    const { dials } = await messenger.request(peer, peerChecksProtocol, { type: 'check' }, answerMs);
    const sent = { at: clock.now(), wall: clock.wall() };
    const { wall } = await messenger.request(peer, peerChecksProtocol, { type: 'check' }, answerMs);
    const tookMs = clock.now() - sent.at;
    return { dials, aheadMs: Math.round(wall - (sent.wall + tookMs / 2)), withinMs: Math.ceil(tookMs / 2) };
  } catch {
    return undefined;
  }
}
