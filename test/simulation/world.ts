/** One seed: builds its world, lets everything happen, and says whether all promises were kept. */
import { createMemoryNetwork } from '../../daemon/network/memory-network.ts';
import type { Digest, JobId, NodeId } from '../../src/model/job.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { settleInOneTurn, VirtualClock } from '../support/virtual-clock.ts';
import { Chronicle, type Happening } from './chronicle.ts';
import { ClusterWords } from './cluster-words.ts';
import { checkTheEnd, unsettled } from './final-checks.ts';
import { isOrphan, waitsForVoters } from './job-checks.ts';
import { listen } from './listener.ts';
import { drawPlan } from './plan.ts';
import { checkBytesAreGone } from './removal-checks.ts';
import { RunningChecks } from './running-checks.ts';
import { SimulatedNode } from './simulated-node.ts';
import { Striker } from './strike.ts';
import { Users } from './users.ts';

/** Once the faults stopped, everything ends within this virtual time: the bound of the heal phase. */
export const healsWithinMs = 90_000;
/** How often the world is looked at; looking after every event would cost more than the events. */
const lookMs = 250;
/** Somebody looks after the voters each so many looks; sooner where tasks wait for them. */
const looksOfAdmin = { onceOnly: 16, otherwise: 80 };
/** Bytes of removed jobs are freed a minute after their last use. Only some seeds wait for that. */
const untilFreedMs = 110_000;
const seedsPerLongWait = 4;
/** How often it is looked whether time alone has made two coordinators quorate at once; every change of leadership is looked at besides. */
const checkMs = 50;
/** After the end nothing more may happen. */
const afterglowMs = 3000;
/** So long after the last change of the voters a term may become quorate that was not. */
const agreeMs = 10_000;

export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly happened: ReadonlyMap<Happening, number>;
  /** Made when asked for. */
  trace(): readonly string[];
  readonly virtualMs: number;
  /** From the end of the last fault until there was nothing left to wait for. */
  readonly healMs: number;
}

export async function runSeed(seed: number): Promise<SeedResult> {
  const plan = drawPlan(seed);
  const clock = new VirtualClock(undefined, settleInOneTurn);
  const randomness = seededRandomness(seed);
  const chronicle = new Chronicle(() => clock.now());
  const network = createMemoryNetwork({
    clock,
    randomness: randomness.fork('network'),
    onViolation: (self, peer, reason) => chronicle.violate(self, `took offence at ${peer}: ${reason.stack ?? reason.message}`),
  });
  const nodes = new Map<NodeId, SimulatedNode>();
  const members = (): SimulatedNode[] => [...nodes.values()].filter(({ isMember }) => isMember);
  const checks = new RunningChecks({ chronicle, now: () => clock.now(), nodes: () => nodes.values() });
  const ear = (node: SimulatedNode) => listen(node.plan.id, { chronicle, settled: checks.settled, hearsOfTerms: () => checks.hearsOfTerms(node) });
  const isHeldElsewhere = (digest: Digest, others: readonly NodeId[]): boolean =>
    members().some(({ plan: { id }, life, blobDisk }) => life?.ready === true && !others.includes(id) && blobDisk.isDurable(digest));
  const parts = { clock, network, checks, ear, isHeldElsewhere, leaseMs: plan.leaseMs };
  for (const node of plan.nodes) nodes.set(node.id, new SimulatedNode(node, { ...parts, randomness: randomness.fork(node.id) }));
  const striker = new Striker({ clock, network, randomness: randomness.fork('strike'), chronicle, nodes });
  const users = new Users({ clock, chronicle, checks, nodes, isCalm: plan.faults.length === 0 });
  const words = new ClusterWords({ clock, chronicle, checks, nodes });
  const onRejection = (error: unknown): void => chronicle.violate('world', `unhandled: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('unhandledRejection', onRejection);
  let healMs = 0;
  try {
    chronicle.note('world', `seed ${seed}: ${plan.nodes.map(({ id, host, cores, rate }) => `${id}@${host} ${cores} cores x${rate.toFixed(2)}`).join(', ')}`);
    for (const node of members()) void node.boot();
    striker.schedule(plan.faults);
    users.schedule(plan.jobs, plan.actions);
    words.schedule(plan);
    clock.every(checkMs, () => checks.checkQuorate());
    await clock.advance(plan.healAt);
    chronicle.note('world', 'heals');
    // Those of the healing itself do not count.
    chronicle.count('reset', network.counts.resets);
    striker.heal();
    clock.after(3000, () => void users.resumeAll());
    const hasOnceOnly = plan.jobs.some(({ steps }) => steps.some(({ onceOnly }) => onceOnly));
    // Whoever lurks does so for two seconds.
    const noMoreActions = Math.max(plan.healAt, ...plan.actions.map(({ at }) => at)) + 3000;
    const end = clock.now() + healsWithinMs;
    const waitsFor = (): string | undefined => {
      if (clock.now() < noMoreActions) return 'users act';
      return users.waiting.size > 0 ? `${[...users.waiting].join(' ')} is not submitted` : (unsettled(members(), chronicle) ?? words.unsettled(members()));
    };
    let looks = 0;
    const settle = async (): Promise<void> => {
      while (waitsFor() !== undefined && clock.now() < end) {
        await clock.advance(lookMs);
        looks += 1;
        if (looks % (hasOnceOnly ? looksOfAdmin.onceOnly : looksOfAdmin.otherwise) === 0) void users.forgetLost();
      }
    };
    await settle();
    // A job that waited for voters goes on when some are forgotten just now: once the others have agreed, which takes their renewals.
    const goesOn = async (): Promise<boolean> => {
      for (const until = clock.now() + agreeMs; clock.now() < until && waitsFor() === undefined; ) await clock.advance(lookMs);
      return waitsFor() !== undefined;
    };
    while (waitForVoters(members()) && clock.now() < end && (await goesOn())) await settle();
    healMs = clock.now() - plan.healAt;
    if (waitsFor() !== undefined) chronicle.violate('world', `not settled ${healsWithinMs / 1000} s after the faults stopped: ${waitsFor()}`);
    // Jobs that lack their inputs for ever are tried for ever.
    const hopeless = hopelessJobs(members(), chronicle);
    const startsBefore = countStarts(chronicle, hopeless);
    await clock.advance(afterglowMs);
    if (countStarts(chronicle, hopeless) !== startsBefore) chronicle.violate('world', 'tasks start after everything has ended');
    checkTheEnd(members(), chronicle, plan.faults);
    words.checkTheEnd(members());
    if (
      chronicle.doomed.size > 0 &&
      seed % seedsPerLongWait === 0 &&
      ![...(members()[0]?.life?.plane.journal.jobs().values() ?? [])].some((state) => isOrphan(state, members(), chronicle))
    ) {
      await clock.advance(untilFreedMs);
      checkBytesAreGone(members(), chronicle);
    }
    checks.settled.checkTheEnd(({ job }) => members()[0]?.life?.plane.journal.job(job));
    if (plan.faults.length === 0 && checks.seats !== 1) chronicle.violate('world', `${checks.seats} nodes took the seat though nothing went wrong`);
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  if (plan.nodes.some(({ rate }) => rate !== 1)) chronicle.count('clock-rate');
  chronicle.count('drop', network.counts.dropped);
  chronicle.count('duplicate', network.counts.duplicated);
  return { seed, violations: chronicle.violations, happened: chronicle.happened, trace: () => chronicle.lines(), virtualMs: clock.now(), healMs };
}

function waitForVoters(nodes: readonly SimulatedNode[]): boolean {
  return nodes.some(({ life }) => [...(life?.plane.journal.jobs().values() ?? [])].some((state) => !state.removed && waitsForVoters(state, nodes)));
}

function countStarts({ starts }: Chronicle, without: ReadonlySet<JobId>): number {
  return [...starts.values()].flat().filter(({ attempt }) => !without.has(attempt.job)).length;
}

function hopelessJobs(nodes: readonly SimulatedNode[], chronicle: Chronicle): ReadonlySet<JobId> {
  const states = nodes.flatMap(({ life }) => [...(life?.plane.journal.jobs().values() ?? [])]);
  return new Set(states.filter((state) => isOrphan(state, nodes, chronicle)).map(({ id }) => id));
}
