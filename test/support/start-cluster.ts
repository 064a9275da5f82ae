/** Starts the machines of a laboratory as one cluster and asks who coordinates. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClusterKeyText } from '../../daemon/network/cluster-key.ts';
import type { NodeView, StatusView } from '../../src/api/views.ts';
import type { Lab } from './lab.ts';
import type { Machine } from './lab-machine.ts';
import { until } from './until.ts';

/** First of the ports used where the machines share one loopback. */
const firstPort = 41_700;

/** Writes a cluster key that all machines of the laboratory may use; returns its file. */
export function writeClusterKey(lab: Lab): string {
  const file = join(lab.folder, 'cluster.key');
  writeFileSync(file, createClusterKeyText(), { mode: 0o600 });
  return file;
}

/** What machine `index` needs on its command line to find the others where there is no multicast between them. */
function peerFlags(lab: Lab, index: number): readonly string[] {
  if (lab.level === 'namespaces') return [];
  const others = lab.machines.map((_, other) => other).filter((other) => other !== index);
  return ['--listen', `127.0.0.1:${firstPort + index}`, ...others.flatMap((other) => ['--peer', `127.0.0.1:${firstPort + other}`])];
}

/** True when each machine sees all alive, each with the program, and all follow one coordinator: at their start several may claim the seat for a moment. */
async function areReady(machines: readonly Machine[], program: string | undefined): Promise<boolean> {
  const statuses = await Promise.all(machines.map((machine) => machine.json<StatusView>('status')));
  const terms = new Set(statuses.map(({ coordinator }) => coordinator && `${coordinator.number} ${coordinator.node}`));
  if (terms.size !== 1 || terms.has(undefined)) return false;
  return statuses.every(({ nodes }) => nodes.filter((node) => isUsable(node, program)).length === machines.length);
}

const isUsable = ({ reachability, inventory }: NodeView, program: string | undefined): boolean =>
  reachability === 'alive' && (program === undefined || inventory.programs.some(({ name }) => name === program));

/** More starting at once only hinder one another. */
const startedAtOnce = 4;

/** Starts all machines; resolves when each sees all, `program` on every node, and the same coordinator. */
export async function startCluster(lab: Lab, program: string | undefined = 'blender', flags: readonly string[] = []): Promise<void> {
  const key = writeClusterKey(lab);
  for (let first = 0; first < lab.machines.length; first += startedAtOnce) {
    const group = lab.machines.slice(first, first + startedAtOnce);
    await Promise.all(group.map((machine, index) => machine.start('--cluster-key', key, ...peerFlags(lab, first + index), ...flags)));
  }
  await until('one cluster', 120_000, () => areReady(lab.machines, program), 100);
}

/** The machine that coordinates, by the word of `asked`. */
export async function coordinatorOf(lab: Lab, asked: Machine): Promise<Machine> {
  const status = await asked.json<StatusView>('status');
  const name = status.nodes.find((node) => node.coordinator)?.name;
  const machine = lab.machines.find((candidate) => candidate.name === name);
  if (machine === undefined) throw new Error(`${asked.name} knows no coordinator`);
  return machine;
}
