/** A cluster cut in two sides, submissions on both, and the healing. */
import type { Machine } from '../support/lab-machine.ts';
import { type Report, Verdict } from './figures.ts';
import { type Acknowledged, submitAll, untilAcknowledged } from './submitting.ts';
import { type Naps, pause, type World } from './world.ts';

export interface PartitionOptions {
  readonly rounds: number;
  readonly jobsASide: number;
  readonly apartMs: number;
}

/** What a machine says of every job: phase, the winning attempt of each task, conflicts. Equal texts are equal views. */
async function viewOf(world: World, machine: Machine, jobs: readonly Acknowledged[]): Promise<string> {
  const client = world.client(machine);
  const status = await client.call('status');
  const views = await Promise.all(
    jobs.map(async ({ id }) => {
      const params = { job: id };
      const [job, results] = await Promise.all([client.call('job', { params }), client.call('results', { params })]);
      const winners = results.map(({ task, attempt, outputs }) => `${task} ${JSON.stringify(attempt)} ${outputs.map(({ digest }) => digest).join()}`);
      return { id, phase: job.phase, kept: job.tasks.kept, conflicts: job.conflicts.toSorted(), winners: winners.toSorted() };
    }),
  );
  return JSON.stringify([status.coordinator, views]);
}

async function equalWithin(world: World, jobs: readonly Acknowledged[], limitMs: number): Promise<number> {
  const began = performance.now();
  await world.until('equal views', limitMs, async () => {
    const views = await Promise.all(world.machines.map((machine) => viewOf(world, machine, jobs).catch(() => String(Math.random()))));
    return new Set(views).size === 1;
  });
  return performance.now() - began;
}

const napsOf = (label: string, tasks: number, ms: number): Naps => ({ label, tasks, ms });

export async function partition(world: World, { rounds, jobsASide, apartMs }: PartitionOptions): Promise<Report> {
  const nodes = world.machines.length;
  const verdict = new Verdict();
  const figures: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const side = world.machines.slice(0, Math.floor(nodes / 2));
    const other = world.others(...side);
    // One that both sides know, and go on with.
    const common = await untilAcknowledged(world, world.machines[0] as Machine, napsOf(`common${round}`, nodes * 10, 500));
    await world.until('a result of it everywhere', 60_000, async () => {
      const views = await Promise.all(world.machines.map((machine) => world.job(machine, common.id).catch(() => undefined)));
      return views.every((view) => (view?.tasks.kept ?? 0) > 0);
    });
    world.split(side);
    const cut = performance.now();
    const submitting = [side, other].map((machines, number) => {
      const jobs = Array.from({ length: jobsASide }, (_, index) => napsOf(`side${number}-${round}-${index}`, 4, 100));
      return submitAll(world, jobs, 2, machines);
    });
    const acknowledged = (await Promise.all(submitting)).flat();
    figures.push(`${acknowledged.length} jobs acknowledged on two sides within ${((performance.now() - cut) / 1000).toFixed(1)} s of the cut`);
    await pause(Math.max(0, apartMs - (performance.now() - cut)));
    world.heal();
    const healed = performance.now();
    await world.whole(60_000);
    const together = performance.now() - healed;
    const jobs = [...acknowledged, common];
    const equal = together + (await equalWithin(world, jobs, 60_000));
    await world.until('the end of all jobs', 180_000, async () => {
      const views = await Promise.all(jobs.map(({ id }) => world.job(world.machines[0] as Machine, id).catch(() => undefined)));
      return views.every((view) => view !== undefined && view.phase !== 'active');
    });
    const done = performance.now() - healed;
    await equalWithin(world, jobs, 30_000);
    let conflicts = 0;
    for (const { key, id } of jobs) {
      const view = await world.job(world.machines[nodes - 1] as Machine, id);
      const results = await world.client(world.machines[nodes - 1] as Machine).call('results', { params: { job: id } });
      conflicts += view.conflicts.length;
      verdict.expect(view.phase === 'succeeded', `${key} is ${view.phase}`);
      verdict.expect(results.length === view.tasks.total, `${key} has ${results.length} results of ${view.tasks.total} tasks`);
      verdict.expect(new Set(results.map(({ task }) => task)).size === results.length, `${key} has two results of one task`);
    }
    verdict.atMost(equal, 10_000, 'healing to equal views');
    figures.push(
      `healed: one coordinator after ${(together / 1000).toFixed(2)} s, equal views after ${(equal / 1000).toFixed(2)} s, all ${jobs.length} jobs done after ${(done / 1000).toFixed(1)} s, ${conflicts} conflicts reported`,
    );
  }
  return { figures, failures: verdict.failures };
}
