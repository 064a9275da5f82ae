/** Tasks that ignore SIGTERM and aborts, fork twice and open sessions of their own: nothing of them outlives their attempt for long. */
import { type Report, spread, Verdict } from './figures.ts';
import { processesCalled } from './processes.ts';
import { untilAcknowledged } from './submitting.ts';
import type { Naps, World } from './world.ts';

const goneWithinMs = 5_000;

/** How the attempts end, and whether somebody must end them. */
const ends: readonly { readonly name: string; readonly settings: Partial<Naps>; readonly cancelled: boolean }[] = [
  { name: 'cancelled', settings: { ms: 600_000 }, cancelled: true },
  { name: 'cancelled-process', settings: { ms: 600_000, in: 'process' }, cancelled: true },
  { name: 'done', settings: { ms: 1_500 }, cancelled: false },
  { name: 'failed', settings: { ms: 1_500, fail: 'fault' }, cancelled: false },
  { name: 'died', settings: { ms: 1_500, fail: 'exit' }, cancelled: false },
];

/** Each task leaves three behind (see the job type). */
const leftByOne = 3;

export async function deafTasks(world: World, { rounds }: { readonly rounds: number }): Promise<Report> {
  const nodes = world.machines.length;
  const verdict = new Verdict();
  const gone: number[] = [];
  let mark = Math.floor(Math.random() * 1_000_000);
  const [asked] = world.machines as [World['machines'][number]];
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, settings, cancelled } of ends) {
      mark += 1;
      const left = `sleep ${86_400 + mark}`;
      const { id } = await untilAcknowledged(world, asked, { label: `${name}-${round}`, tasks: nodes, stay: 'escape', mark, ...settings });
      await world.until(`processes called ${left}`, 30_000, () => processesCalled(left).length >= (cancelled ? leftByOne * nodes : leftByOne));
      if (cancelled) await world.client(asked).call('cancel', { params: { job: id } });
      else await world.until(`the end of ${name}`, 60_000, async () => (await world.job(asked, id)).phase !== 'active');
      const ended = performance.now();
      await world
        .until(`the end of everything called ${left}`, 30_000, () => processesCalled(left).length === 0)
        .catch((error: Error) => verdict.failures.push(error.message));
      gone.push(performance.now() - ended);
      verdict.atMost(performance.now() - ended, goneWithinMs, `${name}: end of the attempts to the last process gone`);
    }
  }
  return {
    figures: [spread(`deaf tasks that left ${leftByOne} processes each behind, ${ends.map(({ name }) => name).join(', ')}: end to the last one gone`, gone)],
    failures: verdict.failures,
  };
}
