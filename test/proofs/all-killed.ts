/** All daemons killed within 50 ms while jobs are submitted, and started again in random order. */
import { type Report, spread, Verdict } from './figures.ts';
import { firstStartAfter, startLoad } from './load.ts';
import { jobsOf, unfinished } from './submissions.ts';
import { type Acknowledged, missingOrTwice, submitAll } from './submitting.ts';
import { pause, type World } from './world.ts';

export interface AllKilledOptions {
  readonly rounds: number;
  /** A round. */
  readonly submissions: number;
}

const withinMs = 1_000;

function shuffled<T>(all: readonly T[]): readonly T[] {
  const drawn = all.map((one) => ({ one, order: Math.random() }));
  return drawn.toSorted((a, b) => a.order - b.order).map(({ one }) => one);
}

export async function allKilled(world: World, { rounds, submissions }: AllKilledOptions): Promise<Report> {
  const verdict = new Verdict();
  const acknowledged: Acknowledged[] = [];
  const killing: number[] = [];
  const placing: number[] = [];
  const load = await startLoad(world, world.machines[0] as World['machines'][number], 'killed-load');
  for (let round = 0; round < rounds; round += 1) {
    const { term } = await world.coordinator();
    const submitting = submitAll(world, jobsOf(`killed${round}`, submissions), 6);
    submitting.catch(() => undefined);
    await pause(Math.random() * withinMs);
    const began = performance.now();
    const deaths = world.machines.map((machine) => machine.kill('SIGKILL'));
    killing.push(performance.now() - began);
    await Promise.all(deaths);
    const restarted = Date.now();
    const starting = Promise.all(shuffled(world.machines).map((machine, place) => pause(place * 300).then(() => machine.start())));
    // Waited for below, and heard of then.
    starting.catch(() => undefined);
    const start = await firstStartAfter(world, world.machines, term.number, 60_000);
    if (start === undefined) verdict.failures.push(`round ${round}: nothing was placed within 60 s of the restart`);
    else placing.push(start - restarted);
    await starting;
    acknowledged.push(...(await submitting));
    await world.whole();
  }
  // It was there first, and would keep everything else waiting for hours.
  await world.client(world.machines[0] as World['machines'][number]).call('cancel', { params: { job: load } });
  verdict.failures.push(...(await unfinished(world, acknowledged)), ...(await missingOrTwice(world, acknowledged)));
  verdict.atMost(Math.max(...killing), 50, 'killing all');
  verdict.atMost(Math.max(...placing), 30_000, 'restart of all to the first task placed');
  return {
    figures: [
      `${acknowledged.length} submissions acknowledged, all ${world.machines.length} daemons killed ${rounds} times, within ${Math.max(...killing).toFixed(1)} ms`,
      spread('restart in random order to the first task started', placing),
    ],
    failures: verdict.failures,
  };
}
