/** A machine stopped in mid-task, as a laptop whose lid is closed, while its tasks are done elsewhere; and its return. */
import type { Machine } from '../support/lab-machine.ts';
import { type Report, spread, Verdict } from './figures.ts';
import { processesOf, type Seen, signalAll } from './processes.ts';
import { untilAcknowledged } from './submitting.ts';
import { pause, type World } from './world.ts';

export interface StoppedWorkerOptions {
  readonly rounds: number;
  readonly stoppedMs: number;
}

const goneWithinMs = 10_000;

/** What runs tasks of the machine: sandboxes with all that is in them, or sessions without one. */
function sessionsOf(machine: Machine): readonly Seen[] {
  return processesOf(machine.home).filter(({ command }) => /\/session\.js|\/session\/main\.ts|^(sleep|sh -c trap)/.test(command));
}

async function oneRound(world: World, name: string, long: boolean, stoppedMs: number, verdict: Verdict): Promise<number | undefined> {
  const { machine: coordinator } = await world.coordinator();
  const [submitter, victim] = world.others(coordinator) as [Machine, Machine];
  // Short: it ends while nobody listens, and is offered late. Long: it still runs when its machine is continued. The latter heeds nothing.
  const ms = long ? 2 * stoppedMs : stoppedMs / 2;
  const settings = { label: name, tasks: 2 * world.machines.length, ms, in: 'process', ...(long ? { stay: 'deaf' } : {}) };
  const { id } = await untilAcknowledged(world, submitter, settings);
  const isRunningThere = async (): Promise<boolean> =>
    (await world.job(submitter, id)).running.some(({ nodeName, message }) => nodeName === victim.name && message === 'asleep');
  await world.until(`a task on ${victim.name}`, 30_000, isRunningThere);
  const stopped = processesOf(victim.home);
  signalAll(stopped, 'SIGSTOP');
  await pause(stoppedMs);
  await world.until(`${name} without ${victim.name}`, 12 * stoppedMs, async () => (await world.job(submitter, id)).phase !== 'active');
  signalAll(stopped, 'SIGCONT');
  const continued = performance.now();
  await world.until(`the end of what ran on ${victim.name}`, 3 * goneWithinMs, () => sessionsOf(victim).length === 0);
  const gone = performance.now() - continued;
  await world.whole();
  await world.until(`${name} to have ended for everybody`, 60_000, async () => {
    const views = await Promise.all(world.machines.map((machine) => world.job(machine, id)));
    return views.every(({ phase }) => phase !== 'active');
  });
  for (const machine of world.machines) {
    const view = await world.job(machine, id);
    const results = await world.client(machine).call('results', { params: { job: id } });
    verdict.expect(view.phase === 'succeeded', `${name} is ${view.phase} on ${machine.name}`);
    verdict.expect(results.length === view.tasks.total, `${name} has ${results.length} results of ${view.tasks.total} tasks on ${machine.name}`);
    verdict.expect(!results.some(({ nodeName }) => nodeName === victim.name), `${name}: a late result of ${victim.name} was kept`);
    verdict.expect(view.conflicts.length === 0, `${name} has conflicts: ${view.conflicts.join()}`);
  }
  verdict.atMost(gone, goneWithinMs, `${name}: continuing to the last of its processes gone`);
  return gone;
}

export async function stoppedWorker(world: World, { rounds, stoppedMs }: StoppedWorkerOptions): Promise<Report> {
  const verdict = new Verdict();
  const gone: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const long of [false, true]) gone.push((await oneRound(world, `${long ? 'long' : 'short'}-${round}`, long, stoppedMs, verdict)) ?? Number.NaN);
  }
  return {
    figures: [
      `a worker stopped for ${stoppedMs / 1000} s in mid-task ${gone.length} times: its tasks done elsewhere, none of its late results kept`,
      spread('continued to the last of its processes gone', gone),
    ],
    failures: verdict.failures,
  };
}
