/** Which faults strike when. Each kind is drawn for itself, so that seeds show them alone and together. */
import type { NodeId } from '../../src/model/job.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';

export const faultKinds = [
  'drop',
  'reset',
  'delay',
  'duplicate',
  'partition',
  'one-way',
  'flap',
  'crash',
  'power-loss',
  'restart',
  'slow-disk',
  'full-disk',
  'stop',
  'sleep',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Milliseconds of virtual time; `nodes` are those it strikes (for a partition one side, for links the two ends). */
export interface Fault {
  readonly kind: FaultKind;
  readonly from: number;
  readonly until: number;
  readonly nodes: readonly NodeId[];
  /** Share of frames for drop, reset, duplicate; milliseconds for delay; factor for slow disks. */
  readonly strength: number;
}

interface Shape {
  readonly chance: number;
  /** How often it strikes in a seed that has it. */
  readonly most: number;
  readonly lasts: readonly [number, number];
  readonly strength: readonly [number, number];
  nodes(draw: SeededRandomness, all: readonly NodeId[]): readonly NodeId[];
}

const everywhere = (_: SeededRandomness, all: readonly NodeId[]): readonly NodeId[] => all;
const one = (draw: SeededRandomness, all: readonly NodeId[]): readonly NodeId[] => [draw.pick(all)];
const two = (draw: SeededRandomness, all: readonly NodeId[]): readonly NodeId[] => {
  const first = draw.pick(all);
  const others = all.filter((id) => id !== first);
  return others.length === 0 ? [] : [first, draw.pick(others)];
};
/** At least one node, and never all. */
const side = (draw: SeededRandomness, all: readonly NodeId[]): readonly NodeId[] => {
  if (all.length < 2) return [];
  const shuffled = all.map((id) => ({ id, key: draw.fraction() })).sort((a, b) => a.key - b.key);
  return shuffled.slice(0, 1 + draw.integer(all.length - 1)).map(({ id }) => id);
};

const shapes: { readonly [kind in FaultKind]: Shape } = {
  drop: { chance: 0.22, most: 2, lasts: [500, 5000], strength: [0.01, 0.2], nodes: everywhere },
  reset: { chance: 0.2, most: 2, lasts: [500, 5000], strength: [0.005, 0.1], nodes: everywhere },
  delay: { chance: 0.3, most: 2, lasts: [1000, 10_000], strength: [10, 800], nodes: everywhere },
  duplicate: { chance: 0.25, most: 2, lasts: [1000, 8000], strength: [0.05, 0.5], nodes: everywhere },
  partition: { chance: 0.3, most: 2, lasts: [300, 9000], strength: [0, 0], nodes: side },
  'one-way': { chance: 0.2, most: 2, lasts: [300, 9000], strength: [0, 0], nodes: two },
  flap: { chance: 0.2, most: 6, lasts: [10, 10], strength: [0, 0], nodes: two },
  crash: { chance: 0.35, most: 3, lasts: [50, 6000], strength: [0, 0], nodes: one },
  'power-loss': { chance: 0.17, most: 1, lasts: [500, 4000], strength: [0, 0], nodes: everywhere },
  restart: { chance: 0.16, most: 2, lasts: [50, 3000], strength: [0, 0], nodes: one },
  'slow-disk': { chance: 0.25, most: 2, lasts: [1000, 8000], strength: [10, 400], nodes: one },
  'full-disk': { chance: 0.16, most: 1, lasts: [500, 5000], strength: [0, 0], nodes: one },
  stop: { chance: 0.25, most: 2, lasts: [300, 6000], strength: [0, 0], nodes: one },
  sleep: { chance: 0.18, most: 1, lasts: [3000, 12_000], strength: [0, 0], nodes: one },
};

/** One seed in twelve has no faults at all: there, nothing may happen twice. */
const calmShare = 1 / 12;

export function drawFaults(draw: SeededRandomness, nodes: readonly NodeId[], healAt: number): readonly Fault[] {
  if (draw.chance(calmShare)) return [];
  const faults = faultKinds.flatMap((kind) => {
    const shape = shapes[kind];
    if (!draw.chance(shape.chance)) return [];
    return Array.from({ length: 1 + draw.integer(shape.most) }, () => {
      const from = Math.round(draw.between(300, healAt - 500));
      const until = Math.min(healAt, Math.round(from + draw.between(...shape.lasts)));
      return { kind, from, until, nodes: shape.nodes(draw, nodes), strength: draw.between(...shape.strength) };
    });
  });
  return faults.filter((fault) => fault.nodes.length > 0).sort((a, b) => a.from - b.from);
}
