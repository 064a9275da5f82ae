/** Jobs cancelled at the instant at which their last task ends, also while the coordinator is killed: one of two states, which stays. */
import type { JobPhase } from '../../src/model/job-state.ts';
import type { Machine } from '../support/lab-machine.ts';
import { type Report, Verdict } from './figures.ts';
import { untilAcknowledged } from './submitting.ts';
import { pause, type World } from './world.ts';

export interface CancelOptions {
  readonly trials: number;
  /** The coordinator is killed so often meanwhile. */
  readonly failovers: number;
}

interface Trial {
  readonly key: string;
  readonly id: string;
  /** What whoever cancelled was told. */
  readonly told: JobPhase;
}

/** From acknowledgement to end, as it was lately: where the next cancel aims at. */
class Aim {
  #typicalMs = 500;

  /** A moment near the end, before or after it. */
  next(): number {
    return Math.max(0, this.#typicalMs + (Math.random() - 0.5) * 60);
  }

  /** Half of the cancels shall come too late. */
  learn(outcome: JobPhase): void {
    this.#typicalMs = Math.max(0, this.#typicalMs + (outcome === 'cancelled' ? 15 : -15));
  }
}

/** On one machine, one trial after another. */
async function tryOften(world: World, machine: Machine, number: () => number | undefined): Promise<readonly Trial[]> {
  const aim = new Aim();
  const trials: Trial[] = [];
  for (let trial = number(); trial !== undefined; trial = number()) {
    const { id, key } = await untilAcknowledged(world, machine, { label: `cancel-${trial}`, ms: 30 });
    await pause(aim.next());
    const told = await cancelUntilTold(world, machine, id);
    aim.learn(told);
    trials.push({ id, key, told });
  }
  return trials;
}

/** Resolves with what whoever cancels is told in the end; a coordinator may just be missing. */
export async function cancelUntilTold(world: World, machine: Machine, id: string): Promise<JobPhase> {
  let told: JobPhase | undefined;
  await world.until('an answer to a cancel', 60_000, async () => {
    told = (await world.client(machine).call('cancel', { params: { job: id } })).job.phase;
    return true;
  });
  return told as JobPhase;
}

/** What each daemon heard first of a job's end is what it showed; a later word must not have changed it. */
function changesOfMind(world: World, trials: readonly Trial[], final: ReadonlyMap<string, ReadonlySet<JobPhase>>): readonly string[] {
  const keys = new Map(trials.map(({ id, key }) => [id, key]));
  return world.machines.flatMap((machine) => {
    const first = new Map<string, JobPhase>();
    for (const { fact } of world.feed(machine).heard) if (fact.type === 'ended' && !first.has(fact.job)) first.set(fact.job, fact.outcome);
    return [...first].flatMap(([id, outcome]) => {
      const key = keys.get(id);
      return key === undefined || final.get(id)?.has(outcome) === true ? [] : [`${key} had ${outcome} on ${machine.name} and is ${[...(final.get(id) ?? [])]}`];
    });
  });
}

export async function cancelAtTheEnd(world: World, { trials: count, failovers }: CancelOptions): Promise<Report> {
  const verdict = new Verdict();
  let begun = 0;
  const number = (): number | undefined => (begun < count ? begun++ : undefined);
  const trying = Promise.all(world.machines.map((machine) => tryOften(world, machine, number)));
  trying.catch(() => undefined);
  for (let failover = 1; failover <= failovers; failover += 1) {
    await world.until('enough trials', 600_000, () => begun >= (count * failover) / (failovers + 1));
    const { machine } = await world.coordinator();
    await machine.kill('SIGKILL');
    await pause(500);
    await machine.start();
  }
  const trials = (await trying).flat();
  await world.whole();
  const phases = async (): Promise<ReadonlyMap<string, ReadonlySet<JobPhase>>> => {
    const views = (await Promise.all(world.machines.map((machine) => world.client(machine).call('jobs')))).flat();
    return new Map([...Map.groupBy(views, (view) => view.id)].map(([id, all]) => [id, new Set(all.map(({ phase }) => phase))]));
  };
  await world.until('one and the same end of each job everywhere', 60_000, async () => {
    const all = await phases();
    return trials.every(({ id }) => all.get(id)?.size === 1 && !all.get(id)?.has('active'));
  });
  const final = await phases();
  let cancelled = 0;
  for (const { id, key, told } of trials) {
    const [phase] = final.get(id) ?? [];
    if (phase === 'cancelled') cancelled += 1;
    verdict.expect(phase === 'cancelled' || phase === 'succeeded', `${key} is ${phase}`);
    verdict.expect(told === phase, `${key}: whoever cancelled was told ${told}, it is ${phase}`);
  }
  verdict.failures.push(...changesOfMind(world, trials, final));
  return {
    figures: [
      `${trials.length} jobs cancelled as they ended, ${failovers} failovers meanwhile: ${cancelled} cancelled, ${trials.length - cancelled} succeeded, the same on all ${world.machines.length} machines`,
    ],
    failures: verdict.failures,
  };
}
