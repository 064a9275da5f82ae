/** Work that never ends, so that there is always a task to be placed. */
import type { Machine } from '../support/lab-machine.ts';
import { untilAcknowledged } from './submitting.ts';
import type { World } from './world.ts';

/** Enough for hours. */
const tasks = 100_000;

/** Naps of `ms` on every core; resolves with the job once each machine has been given some. */
export async function startLoad(world: World, machine: Machine, label: string, ms = 300): Promise<string> {
  const { id } = await untilAcknowledged(world, machine, { label, tasks, ms });
  const seen = new Set<string>();
  await world.feed(machine).first(({ fact }) => {
    if (fact.type === 'result-kept' && fact.job === id) seen.add(fact.attempt.node);
    return seen.size === world.machines.length ? true : undefined;
  }, 120_000);
  if (seen.size < world.machines.length) throw new Error(`only ${seen.size} machines work`);
  return id;
}

/** Unix milliseconds of the first start of a task of any job that a coordinator of a later term placed, by the word of `machines`. */
export async function firstStartAfter(world: World, machines: readonly Machine[], term: number, limitMs: number): Promise<number | undefined> {
  const starts = machines.map((machine) =>
    world.feed(machine).first(({ fact }) => (fact.type === 'result-kept' && fact.attempt.term.number > term ? fact.report.startedAt : undefined), limitMs),
  );
  return await Promise.race(starts);
}
