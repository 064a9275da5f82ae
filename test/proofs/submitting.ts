/** Clients that do not give up: the same job under the same key to the same daemon, until it says that it is stored. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Machine } from '../support/lab-machine.ts';
import { type Naps, pause, type World } from './world.ts';

export interface Acknowledged {
  readonly key: string;
  readonly id: string;
}

/** After these the same may be said again. */
const passing = ['no-daemon', 'no-coordinator', 'not-acknowledged', 'peer-unreachable', 'timed-out'];
const againMs = 200;

/** Resolves with the receipt's id; rejects with what another try cannot mend, or after `limitMs`. */
export async function untilAcknowledged(world: World, machine: Machine, settings: Naps, limitMs = 120_000): Promise<Acknowledged> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      const { id } = await world.submit(machine, settings);
      if (id === undefined) throw new Error(`${settings.label}: acknowledged without an id`);
      return { key: settings.label, id };
    } catch (error) {
      if (!(error instanceof SupervmError) || !passing.includes(error.code) || performance.now() > deadline) throw error;
      await pause(againMs);
    }
  }
}

/** Each to the next of the machines in turn, `atOnce` at a time. */
export async function submitAll(world: World, all: readonly Naps[], atOnce: number, machines = world.machines): Promise<readonly Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < all.length) {
      const number = next;
      next += 1;
      const machine = machines[number % machines.length] as Machine;
      acknowledged.push(await untilAcknowledged(world, machine, all[number] as Naps));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return acknowledged;
}

/** Whoever came back a moment ago pulls what it lacks when it has met the others. */
const everywhereMs = 30_000;

/** Sentences about acknowledged jobs that are not there, or not once, on some machine: those that stay so. */
export async function missingOrTwice(world: World, acknowledged: readonly Acknowledged[]): Promise<readonly string[]> {
  let wrong: readonly string[] = [];
  const none = async (): Promise<boolean> => {
    wrong = await missingOrTwiceNow(world, acknowledged);
    return wrong.length === 0;
  };
  await world.until('each job once everywhere', everywhereMs, none).catch((error: Error) => {
    if (wrong.length === 0) throw error;
  });
  return wrong;
}

async function missingOrTwiceNow(world: World, acknowledged: readonly Acknowledged[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const machine of world.machines) {
    const jobs = await world.client(machine).call('jobs');
    const named = Map.groupBy(jobs, (job) => job.name);
    for (const { key, id } of acknowledged) {
      const found = named.get(key) ?? [];
      if (found.length !== 1 || found[0]?.id !== id) wrong.push(`${machine.name} has job ${key} ${found.length} times, not once as ${id.slice(0, 8)}`);
    }
  }
  return wrong;
}
