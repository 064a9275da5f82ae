/** Which faults strike when. Each seed draws which kinds it has, so that seeds show them alone and together. */
import type { NodeId } from '../../src/model/job.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';
import { crashPoints, midRead } from './crash-points.ts';

export const faultKinds = [
  'drop',
  'reset',
  'delay',
  'duplicate',
  'partition',
  'one-way',
  'swizzle',
  'flap',
  'crash',
  'kill',
  'crash-point',
  'power-loss',
  'restart',
  'upgrade',
  'slow-disk',
  'full-disk',
  'failing-fsync',
  'stop',
  'sleep',
  'lid',
  'clock-jump',
  'join',
  'leave',
  'wipe',
  'restore',
  'absence',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Milliseconds of virtual time; `nodes` are those it strikes (for a partition one side, for links the two ends). */
export interface Fault {
  readonly kind: FaultKind;
  readonly from: number;
  readonly until: number;
  readonly nodes: readonly NodeId[];
  /** For partitions: in the upper half connections close at once, in the lower half nobody is told. Share of frames for drop, reset, duplicate; milliseconds for delay and clock-jump; factor for slow disks. */
  readonly strength: number;
  /** For crash-point: where, and the how manieth time. */
  readonly point?: string;
  readonly nth?: number;
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
/** A machine that goes away for good or forgets everything must not be the only one. */
const oneOfSeveral = (draw: SeededRandomness, all: readonly NodeId[]): readonly NodeId[] => (all.length < 2 ? [] : [draw.pick(all)]);
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
/** One, sometimes two, and never all. */
const few = (draw: SeededRandomness, all: readonly NodeId[]): readonly NodeId[] => {
  const [first, second] = two(draw, all);
  if (first === undefined || second === undefined) return [];
  return all.length > 2 && draw.chance(0.4) ? [first, second] : [first];
};
const newcomer = (_: SeededRandomness, all: readonly NodeId[]): readonly NodeId[] => [`n${all.length + 1}`];

const hour = 3_600_000;
const tenYears = 10 * 365 * 24 * hour;
export const month = 30 * 24 * hour;

const shapes: { readonly [kind in FaultKind]: Shape } = {
  drop: { chance: 0.2, most: 2, lasts: [500, 5000], strength: [0.01, 0.2], nodes: everywhere },
  reset: { chance: 0.18, most: 2, lasts: [500, 5000], strength: [0.005, 0.1], nodes: everywhere },
  delay: { chance: 0.25, most: 2, lasts: [1000, 10_000], strength: [10, 800], nodes: everywhere },
  duplicate: { chance: 0.2, most: 2, lasts: [1000, 8000], strength: [0.05, 0.5], nodes: everywhere },
  partition: { chance: 0.28, most: 2, lasts: [300, 9000], strength: [0, 1], nodes: side },
  'one-way': { chance: 0.18, most: 2, lasts: [300, 9000], strength: [0, 0], nodes: two },
  swizzle: { chance: 0.18, most: 1, lasts: [2000, 9000], strength: [0, 0], nodes: side },
  flap: { chance: 0.18, most: 6, lasts: [10, 10], strength: [0, 0], nodes: two },
  crash: { chance: 0.3, most: 3, lasts: [50, 6000], strength: [0, 0], nodes: one },
  kill: { chance: 0.25, most: 3, lasts: [50, 5000], strength: [0, 0], nodes: one },
  'crash-point': { chance: 0.55, most: 4, lasts: [50, 5000], strength: [0, 0], nodes: one },
  'power-loss': { chance: 0.15, most: 1, lasts: [500, 4000], strength: [0, 0], nodes: everywhere },
  restart: { chance: 0.16, most: 2, lasts: [50, 3000], strength: [0, 0], nodes: one },
  upgrade: { chance: 0.16, most: 2, lasts: [50, 3000], strength: [0, 0], nodes: one },
  'slow-disk': { chance: 0.2, most: 2, lasts: [1000, 8000], strength: [10, 400], nodes: one },
  'full-disk': { chance: 0.16, most: 1, lasts: [500, 5000], strength: [0, 0], nodes: one },
  'failing-fsync': { chance: 0.2, most: 3, lasts: [1, 4000], strength: [0, 0], nodes: one },
  stop: { chance: 0.22, most: 2, lasts: [300, 6000], strength: [0, 0], nodes: one },
  sleep: { chance: 0.16, most: 1, lasts: [3000, 12_000], strength: [0, 0], nodes: one },
  lid: { chance: 0.25, most: 1, lasts: [1000, 9000], strength: [0, 0], nodes: one },
  'clock-jump': { chance: 0.18, most: 2, lasts: [500, 8000], strength: [-1, 1], nodes: one },
  join: { chance: 0.14, most: 1, lasts: [1, 1], strength: [0, 0], nodes: newcomer },
  leave: { chance: 0.18, most: 1, lasts: [1, 1], strength: [0, 0], nodes: oneOfSeveral },
  wipe: { chance: 0.18, most: 1, lasts: [50, 4000], strength: [0, 0], nodes: few },
  restore: { chance: 0.19, most: 1, lasts: [500, 9000], strength: [0, 0], nodes: oneOfSeveral },
  absence: { chance: 0.16, most: 1, lasts: [60_000, 60_000], strength: [0, 0], nodes: oneOfSeveral },
};

/** One seed in twelve has no faults at all: there, nothing may happen twice. */
const calmShare = 1 / 12;
/** One in eight has a single kind, but much of it. */
const narrowShare = 1 / 8;

function wallJump(draw: SeededRandomness): number {
  return draw.pick([hour, -hour, tenYears, -tenYears, draw.between(-hour, hour)]);
}

/** What is submitted when: some faults wait for it. */
export interface Upload {
  readonly node: NodeId;
  readonly at: number;
  /** It takes several pieces to bring its largest input to another machine. */
  readonly isLarge: boolean;
}

/** A machine that comes back with other disks is worst off when it hears nobody who knows better. */
function lonelyReturns(draw: SeededRandomness, faults: readonly Fault[], healAt: number): readonly Fault[] {
  const returns = faults.filter(({ kind }) => kind === 'restore' || kind === 'wipe');
  return returns.flatMap(({ until, nodes }) => {
    if (!draw.chance(0.4)) return [];
    const from = Math.min(until - 100, healAt - 200);
    return [{ kind: 'partition', from, until: Math.min(healAt, Math.round(from + draw.between(2000, 6000))), nodes: nodes.slice(0, 1), strength: 0 } as const];
  });
}

/** A holder dies while a large file is read from it. */
function diesWhileRead(draw: SeededRandomness, uploads: readonly Upload[], nodes: readonly NodeId[]): readonly Fault[] {
  return uploads.flatMap(({ node, at, isLarge }) => {
    if (!isLarge || !draw.chance(0.6)) return [];
    const common = {
      kind: 'crash-point',
      point: draw.pick(['before reply to read', 'after reply to read']),
      nth: 2 + draw.integer(draw.chance(0.5) ? 5 : 25),
      strength: 0,
    } as const;
    return [{ ...common, from: at - 50, until: at + Math.round(draw.between(500, 3000)), nodes: [draw.chance(0.5) ? node : draw.pick(nodes)] }];
  });
}

/** The same, when whoever reads could go on at another machine: most often the one that has the file from the beginning. */
function diesWhileOthersHold(draw: SeededRandomness, uploads: readonly Upload[], nodes: readonly NodeId[]): readonly Fault[] {
  return uploads.flatMap(({ node, at, isLarge }) => {
    if (!isLarge || !draw.chance(0.7)) return [];
    const until = at + Math.round(draw.between(500, 3000));
    const struck = draw.chance(0.5) ? [node] : nodes;
    return [{ kind: 'crash-point', point: midRead, nth: 1 + draw.integer(3), strength: 0, from: at, until, nodes: struck } as const];
  });
}

export function drawFaults(draw: SeededRandomness, nodes: readonly NodeId[], uploads: readonly Upload[], healAt: number): readonly Fault[] {
  if (draw.chance(calmShare)) return [];
  const only = draw.chance(narrowShare) ? draw.pick(faultKinds) : undefined;
  const faults = faultKinds.flatMap((kind) => {
    const shape = shapes[kind];
    if (only === undefined ? !draw.chance(shape.chance) : kind !== only) return [];
    const isOnce = kind === 'join' || kind === 'leave' || kind === 'absence';
    const most = only !== undefined && !isOnce ? 3 * shape.most : shape.most;
    return Array.from({ length: 1 + draw.integer(most) }, (): Fault => {
      const from = Math.round(draw.between(300, healAt - 500));
      const until = Math.min(healAt, Math.round(from + draw.between(...shape.lasts)));
      const strength = kind === 'clock-jump' ? wallJump(draw) : draw.between(...shape.strength);
      const common = { kind, from, until, nodes: shape.nodes(draw, nodes), strength };
      const upload = draw.pick(uploads);
      if (kind === 'lid' && nodes.length > 1) return { ...common, from: upload.at - 20, until: upload.at + (until - from), nodes: [upload.node] };
      return kind === 'crash-point' ? { ...common, point: draw.pick(crashPoints), nth: 1 + draw.integer(draw.chance(0.5) ? 2 : 8) } : common;
    });
  });
  faults.push(
    ...lonelyReturns(draw, faults, healAt),
    ...(only === undefined ? [...diesWhileRead(draw, uploads, nodes), ...diesWhileOthersHold(draw.fork('later reads'), uploads, nodes)] : []),
  );
  return faults.filter((fault) => fault.nodes.length > 0).sort((a, b) => a.from - b.from);
}
