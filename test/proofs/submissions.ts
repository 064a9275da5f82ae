/** Submissions with idempotency keys while the coordinator is killed at random instants. */
import { percentile, type Report, spread, Verdict } from './figures.ts';
import { firstStartAfter, startLoad } from './load.ts';
import { type Acknowledged, missingOrTwice, submitAll } from './submitting.ts';
import { type Naps, pause, type World } from './world.ts';

export interface SubmissionsOptions {
  /** In all. */
  readonly submissions: number;
  readonly rounds: number;
}

/** Of the jobs, one in so many is run; the others wait for a program that nobody has, and are only kept. */
const runEvery = 10;
const atOnce = 6;
/** Within this time of a round's first submission the coordinator is killed. */
const killWithinMs = 1_500;

export function jobsOf(round: string, count: number): readonly Naps[] {
  return Array.from({ length: count }, (_, number) => ({ label: `${round}-${number}`, ms: 20, ...(number % runEvery === 0 ? {} : { needs: 'patience' }) }));
}

/** Every job that can run has, with one result. */
export async function unfinished(world: World, acknowledged: readonly Acknowledged[]): Promise<readonly string[]> {
  const [asked] = world.machines;
  if (asked === undefined) return [];
  const runnable = acknowledged.filter(({ key }) => Number(key.split('-').at(-1)) % runEvery === 0);
  const wrong: string[] = [];
  for (const { key, id } of runnable) {
    await world.until(`the end of ${key}`, 120_000, async () => (await world.job(asked, id)).phase !== 'active');
    const { phase } = await world.job(asked, id);
    if (phase !== 'succeeded') wrong.push(`${key} is ${phase}`);
    const results = await world.client(asked).call('results', { params: { job: id } });
    if (results.length !== 1) wrong.push(`${key} has ${results.length} results`);
  }
  return wrong;
}

export async function submissions(world: World, { submissions: count, rounds }: SubmissionsOptions): Promise<Report> {
  const verdict = new Verdict();
  const acknowledged: Acknowledged[] = [];
  const placing: number[] = [];
  const load = await startLoad(world, world.machines[0] as World['machines'][number], 'load');
  for (let round = 0; round < rounds; round += 1) {
    const { machine, term } = await world.coordinator();
    const submitting = submitAll(world, jobsOf(`round${round}`, Math.round(count / rounds)), atOnce);
    submitting.catch(() => undefined);
    await pause(Math.random() * killWithinMs);
    const killed = Date.now();
    await machine.kill('SIGKILL');
    const start = await firstStartAfter(world, world.others(machine), term.number, 60_000);
    if (start === undefined) verdict.failures.push(`round ${round}: no new coordinator placed anything within 60 s`);
    else placing.push(start - killed);
    await machine.start();
    acknowledged.push(...(await submitting));
    await world.whole();
  }
  // It was there first, and would keep everything else waiting for hours.
  await world.client(world.machines[0] as World['machines'][number]).call('cancel', { params: { job: load } });
  verdict.failures.push(...(await unfinished(world, acknowledged)), ...(await missingOrTwice(world, acknowledged)));
  verdict.atMost(percentile(placing, 0.5), 2_000, 'kill of the coordinator to the first task placed by the new one, p50');
  verdict.atMost(percentile(placing, 0.99), 5_000, 'kill of the coordinator to the first task placed by the new one, p99');
  return {
    figures: [
      `${acknowledged.length} submissions acknowledged in ${rounds} rounds on ${world.machines.length} machines, each there once on every machine: ${verdict.failures.length === 0}`,
      spread('kill -9 of the coordinator to the first task started by the new one', placing),
    ],
    failures: verdict.failures,
  };
}
