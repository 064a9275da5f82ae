/** What a seed decides: which faults strike when, and what users do. How the processes then interleave is real time's, so a seed does not replay. */
import { type SeededRandomness, seededRandomness } from '../support/seeded-randomness.ts';
import { drawFaults } from './faults/draw.ts';
import type { Fault } from './faults/kinds.ts';
import type { Profile } from './faults/profile.ts';
import type { CallName } from './history.ts';

/** Milliseconds since the run began. `by`: as the command line's program, or by its client inside the driver, which costs less. */
export interface PlannedCall {
  readonly at: number;
  readonly call: CallName;
  readonly node: string;
  readonly key: string;
  readonly by: 'program' | 'client';
  readonly tasks: number;
  readonly taskMs: number;
}

export interface ChaosPlan {
  readonly seed: number;
  readonly nodes: readonly string[];
  readonly faults: readonly Fault[];
  readonly calls: readonly PlannedCall[];
  /** When everything is put right. */
  readonly healAt: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly minutes: number;
  readonly profile: Profile;
}

/** One call in so many starts a process. */
const programShare = 0.08;
/** One job in so many is a single task of some seconds, which faults often strike in the middle. */
const longShare = 0.05;

export function drawPlan({ seed, nodes: count, minutes, profile }: PlanOptions): ChaosPlan {
  const draw = seededRandomness(seed).fork('chaos');
  const nodes = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  const healAt = minutes * 60_000;
  const faults = drawFaults(draw.fork('faults'), profile, nodes, healAt);
  const calls = drawCalls(draw.fork('calls'), profile, nodes, seed, healAt);
  return { seed, nodes, faults, calls, healAt };
}

function drawCalls(draw: SeededRandomness, profile: Profile, nodes: readonly string[], seed: number, healAt: number): readonly PlannedCall[] {
  const calls: PlannedCall[] = [];
  let count = 0;
  for (let at = 0; at < healAt; at += draw.between(...profile.submitEvery)) {
    count += 1;
    calls.push(...drawJob(draw.fork(`job ${count}`), nodes, `s${seed}-${count}`, Math.round(at)));
  }
  return calls.filter((call) => call.at < healAt).sort((a, b) => a.at - b.at);
}

/** A submission and what its user does to it afterwards, at any node; one who never heard of the job refuses, and that is no fault. */
function drawJob(draw: SeededRandomness, nodes: readonly string[], key: string, at: number): readonly PlannedCall[] {
  const by = draw.chance(programShare) ? 'program' : 'client';
  const isLong = draw.chance(longShare);
  const common = { key, by, tasks: isLong ? 1 : 1 + draw.integer(12), taskMs: Math.round(isLong ? draw.between(2000, 5000) : draw.between(100, 600)) } as const;
  const node = draw.pick(nodes);
  const calls: PlannedCall[] = [{ ...common, at, call: 'submit', node }];
  const later = (call: CallName, from: number, low: number, high: number, where: string): number => {
    const time = Math.round(from + draw.between(low, high));
    calls.push({ ...common, at: time, call, node: where });
    return time;
  };
  if (draw.chance(0.12)) later('submit', at, 50, 8000, node);
  if (draw.chance(0.06)) later('resume', later('pause', at, 100, 2000, draw.pick(nodes)), 500, 5000, draw.pick(nodes));
  const fate = draw.fraction();
  if (fate < 0.15) {
    const cancelled = later('cancel', at, 100, 6000, draw.pick(nodes));
    if (draw.chance(0.3)) later('retry', cancelled, 200, 6000, draw.pick(nodes));
  } else if (fate < 0.3) later('remove', at, 20_000, 50_000, draw.pick(nodes));
  return calls;
}
