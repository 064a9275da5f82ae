/** Links that go down one after the other and come back in another order: what reconfigures itself on the way is caught in between. */
import type { NodeId } from '../../src/model/job.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Fault } from './faults.ts';
import type { Links } from './links.ts';

export interface SwizzleNeeds {
  readonly clock: VirtualClock;
  readonly randomness: SeededRandomness;
  readonly links: Links;
  readonly nodes: ReadonlyMap<NodeId, unknown>;
}

/** All links of the struck nodes are down by the middle of the fault, and up again by its end. */
export function swizzle({ nodes: struck, from, until }: Fault, { clock, randomness, links, nodes }: SwizzleNeeds): void {
  const half = (until - from) / 2;
  for (const [one, other] of linksOf(struck, [...nodes.keys()])) {
    const both = (blocked: boolean): void => {
      links.turn(one, other, blocked);
      links.turn(other, one, blocked);
    };
    clock.after(randomness.between(0, half), () => both(true));
    clock.after(half + randomness.between(0, half), () => both(false));
  }
}

function linksOf(struck: readonly NodeId[], all: readonly NodeId[]): [NodeId, NodeId][] {
  return all.flatMap((one, place) =>
    all.slice(place + 1).flatMap((other): [NodeId, NodeId][] => (struck.includes(one) || struck.includes(other) ? [[one, other]] : [])),
  );
}
