/** Which faults strike when: decided by the seed alone. */
import type { SeededRandomness } from '../../support/seeded-randomness.ts';
import { type Fault, type FaultKind, faultKinds } from './kinds.ts';
import type { Lane, Profile } from './profile.ts';

const hour = 3600;
const tenYears = 10 * 365 * 24 * hour;
/** By a summer time that was forgotten, an empty battery, a time server that is wrong, a little. */
const clockSeconds = [hour, -hour, tenYears, -tenYears, 40, -40] as const;

const lanes: readonly Lane[] = ['processes', 'network', 'machines'];

/** Sorted by their beginning; all end before `untilMs`. */
export function drawFaults(draw: SeededRandomness, profile: Profile, nodes: readonly string[], untilMs: number): readonly Fault[] {
  return lanes.flatMap((lane) => drawLane(draw.fork(lane), lane, profile, nodes, untilMs)).sort((a, b) => a.from - b.from);
}

function drawLane(draw: SeededRandomness, lane: Lane, profile: Profile, nodes: readonly string[], untilMs: number): readonly Fault[] {
  const kinds = faultKinds.filter((kind) => profile.shapes[kind].lane === lane);
  const faults: Fault[] = [];
  let wiped = false;
  for (let from = between(draw, profile.rests[lane]); ; ) {
    let kind = pickWeighted(draw, kinds, (each) => profile.shapes[each].weight);
    // An acknowledgement has two copies at least: one lost machine a run is what all of them must survive.
    if (kind === 'wipe' && wiped) kind = 'kill';
    wiped ||= kind === 'wipe';
    const { lasts, strength } = profile.shapes[kind];
    const until = from + between(draw, lasts);
    if (until > untilMs) return faults;
    // What was just promised is most easily lost.
    const onAcknowledgement = kind === 'wipe' || (kind === 'kill' && draw.chance(0.5));
    const strong = kind === 'clock' ? draw.pick(clockSeconds) : draw.between(...strength);
    faults.push({ kind, from, until, nodes: struck(draw, kind, nodes), strength: strong, onAcknowledgement });
    from = until + between(draw, profile.rests[lane]);
  }
}

function struck(draw: SeededRandomness, kind: FaultKind, nodes: readonly string[]): readonly string[] {
  const shuffled = nodes.map((node) => ({ node, place: draw.fraction() })).sort((a, b) => a.place - b.place);
  const names = shuffled.map(({ node }) => node);
  switch (kind) {
    case 'kill-all':
    case 'loss':
    case 'delay':
      return names;
    case 'partition':
      return names.slice(0, 1 + draw.integer(Math.max(1, nodes.length - 1)));
    case 'one-way':
      return names.slice(0, 2);
    default:
      return names.slice(0, 1);
  }
}

function between(draw: SeededRandomness, range: readonly [number, number]): number {
  return Math.round(draw.between(...range));
}

function pickWeighted<T>(draw: SeededRandomness, from: readonly T[], weight: (one: T) => number): T {
  let left = draw.fraction() * from.reduce((sum, one) => sum + weight(one), 0);
  for (const one of from) {
    left -= weight(one);
    if (left < 0) return one;
  }
  return draw.pick(from);
}
