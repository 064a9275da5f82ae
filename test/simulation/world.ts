/** One seed: builds its world, lets everything happen, and says whether all promises were kept. */
import { createMemoryNetwork } from '../../daemon/network/memory-network.ts';
import type { NodeId } from '../../src/model/job.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { Chronicle, type Happening } from './chronicle.ts';
import { checkTheEnd, isSettled } from './final-checks.ts';
import { drawPlan } from './plan.ts';
import { RunningChecks } from './running-checks.ts';
import { SimulatedNode } from './simulated-node.ts';
import { Striker } from './strike.ts';
import { Users } from './users.ts';

/** Once the faults stopped, everything ends within this virtual time. */
const endsWithinMs = 180_000;
/** How often the world is looked at; looking after every event would cost more than the events. */
const lookMs = 250;
/** After the end nothing more may happen. */
const afterglowMs = 3000;

export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly happened: ReadonlyMap<Happening, number>;
  readonly trace: readonly string[];
  readonly virtualMs: number;
}

export async function runSeed(seed: number): Promise<SeedResult> {
  const plan = drawPlan(seed);
  const clock = new VirtualClock();
  const randomness = seededRandomness(seed);
  const chronicle = new Chronicle(() => clock.now());
  const network = createMemoryNetwork({
    clock,
    randomness: randomness.fork('network'),
    onViolation: (self, peer, reason) => chronicle.violate(self, `took offence at ${peer}: ${reason.stack ?? reason.message}`),
  });
  const nodes = new Map<NodeId, SimulatedNode>();
  const all = (): SimulatedNode[] => [...nodes.values()];
  const checks = new RunningChecks({ chronicle, now: () => clock.now(), nodes: () => nodes.values() });
  for (const node of plan.nodes) nodes.set(node.id, new SimulatedNode(node, { clock, network, randomness: randomness.fork(node.id), checks }));
  const striker = new Striker({ clock, network, randomness: randomness.fork('strike'), chronicle, nodes });
  const users = new Users({ clock, chronicle, checks, nodes, isCalm: plan.faults.length === 0 });
  const onRejection = (error: unknown): void => chronicle.violate('world', `unhandled: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('unhandledRejection', onRejection);
  try {
    chronicle.note('world', `seed ${seed}: ${plan.nodes.map(({ id, host, cores }) => `${id}@${host} ${cores} cores`).join(', ')}`);
    for (const node of nodes.values()) void node.boot();
    striker.schedule(plan.faults);
    users.schedule(plan.jobs, plan.actions);
    await clock.advance(plan.healAt);
    chronicle.note('world', 'heals');
    // Those of the healing itself do not count.
    chronicle.count('reset', network.counts.resets);
    striker.heal();
    clock.after(3000, () => void users.resumeAll());
    const noMoreActions = plan.healAt + 7000;
    const end = clock.now() + endsWithinMs;
    const isOver = (): boolean => clock.now() >= noMoreActions && users.waiting.size === 0 && isSettled(all());
    while (!isOver() && clock.now() < end) await clock.advance(lookMs);
    if (!isOver()) chronicle.violate('world', `not settled ${endsWithinMs / 1000} s after the faults stopped`);
    const startsBefore = count(chronicle);
    await clock.advance(afterglowMs);
    if (count(chronicle) !== startsBefore) chronicle.violate('world', 'tasks start after everything has ended');
    checkTheEnd(all(), chronicle, plan.faults);
    if (plan.faults.length === 0 && checks.seats !== 1) chronicle.violate('world', `${checks.seats} nodes took the seat though nothing went wrong`);
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  chronicle.count('drop', network.counts.dropped);
  chronicle.count('duplicate', network.counts.duplicated);
  return { seed, violations: chronicle.violations, happened: chronicle.happened, trace: chronicle.lines, virtualMs: clock.now() };
}

function count({ starts }: Chronicle): number {
  return [...starts.values()].reduce((sum, { length }) => sum + length, 0);
}
