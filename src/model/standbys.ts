/**
 * Which nodes are told of every fact at once, and so hold the copies that are counted: all of a small cluster, a few lasting
 * ones of a large one; never workers. Pure, so that nodes with one view agree without a word.
 */
import type { NodeFacts, Reachability } from './inventory.ts';
import type { NodeId } from './job.ts';
import { placeOnRing } from './place-on-ring.ts';
import { hasRecordRoom } from './resources.ts';

/** Up to this many nodes everybody is a standby. */
const everybodyUpTo = 16;
const standbysInLarge = 7;
/** A node is told of news by all standbys, but asks only so many for it. */
const sourcesOfOne = 2;
/** Differences in start time below this say nothing about who is the more lasting node (milliseconds). */
export const coarseStartMs = 60_000;

export interface Known {
  readonly facts: Pick<NodeFacts, 'id' | 'host' | 'incarnation' | 'inventory' | 'role'>;
  readonly reachability: Reachability;
}

/**
 * Undefined: everybody is. `first`, those who vote and coordinate, are standbys in any case; then whoever has room on its disk and has
 * been up longest, on machines of their own. One that is out of reach stays a standby, and another one becomes one besides.
 */
export function chooseStandbys(members: readonly Known[], first: readonly NodeId[]): ReadonlySet<NodeId> | undefined {
  const keepers = members.filter(({ facts }) => facts.role !== 'worker');
  if (members.filter(isHere).length <= everybodyUpTo) {
    return keepers.length === members.length ? undefined : new Set(keepers.map(({ facts }) => facts.id));
  }
  const leads = ({ facts }: Known): number => Number(first.includes(facts.id));
  const room = ({ facts }: Known): number => Number(hasRecordRoom(facts.inventory));
  const start = ({ facts }: Known): number => Math.floor(facts.incarnation / coarseStartMs);
  const ranked = keepers
    .filter(({ reachability }) => reachability !== 'left')
    .toSorted((a, b) => leads(b) - leads(a) || room(b) - room(a) || start(a) - start(b) || (a.facts.id < b.facts.id ? -1 : 1));
  const standbys = new Set<NodeId>();
  let here = 0;
  for (const member of spreadOverHosts(ranked, first)) {
    if (here >= standbysInLarge) break;
    standbys.add(member.facts.id);
    if (isHere(member)) here += 1;
  }
  return standbys;
}

/** Of the standbys that `node` is connected to, those that it asks for news: others for each node, so that none has all to serve. */
export function sourcesOf(node: NodeId, connected: readonly NodeId[]): readonly NodeId[] {
  const place = (standby: NodeId): number => placeOnRing(`${node} ${standby}`);
  return connected.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1)).slice(0, sourcesOfOne);
}

function isHere({ reachability }: Known): boolean {
  return reachability === 'alive' || reachability === 'suspect';
}

/** Two nodes of one machine are lost together: the second one of each comes after all others. */
function spreadOverHosts(ranked: readonly Known[], first: readonly NodeId[]): readonly Known[] {
  const hosts = new Set<string>();
  const spare: Known[] = [];
  const spread = ranked.filter((member) => {
    const { id, host } = member.facts;
    const isSecond = hosts.has(host) && !first.includes(id);
    if (isSecond) spare.push(member);
    hosts.add(host);
    return !isSecond;
  });
  return [...spread, ...spare];
}
