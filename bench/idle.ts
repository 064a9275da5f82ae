import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusView } from '../src/api/views.ts';
import { Lab } from '../test/support/lab.ts';
import { startCluster } from '../test/support/start-cluster.ts';
import { median, verdict } from './rounds.ts';

const nodes = 21;
/** V8 collects the start's garbage twice, 80 to 110 s after the start and once only: 150 ms of processor time that is not idling. */
const settleMs = 150_000;
const watchedMs = 120_000;
const ticksASecond = 100;

/** Seconds of processor time a process has used, all its threads. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksASecond;
}

function residentMebibytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
}

/** PM1: memory and processor time of daemons that have nothing to do, each with 20 peers; the launcher process is told apart. */
export async function benchIdle(): Promise<void> {
  await using lab = Lab.create({ nodes });
  await startCluster(lab, undefined);
  const seen = await lab.machine(0).json<StatusView>('status');
  if (seen.totals.nodes !== nodes) throw new Error(`${seen.totals.nodes} nodes instead of ${nodes}`);
  const coordinator = seen.nodes.find((node) => node.coordinator)?.name;
  await pause(settleMs);
  const before = lab.machines.map((machine) => processorSeconds(machine.pid as number));
  await pause(watchedMs);
  const shares = lab.machines.map((machine, index) => ((processorSeconds(machine.pid as number) - (before[index] as number)) / watchedMs) * 1000 * 100);
  const resident = lab.machines.map((machine) => residentMebibytes(machine.pid as number));
  const launchers = lab.machines.flatMap((machine) => childrenOf(machine.pid as number).map(residentMebibytes));
  const highest = lab.machines.findIndex((machine) => machine.name === coordinator);
  process.stdout.write(
    `idle_rss median ${median(resident).toFixed(1)} MiB, highest ${Math.max(...resident).toFixed(1)} MiB (launcher: ${median(launchers).toFixed(1)} MiB more)\n`,
  );
  process.stdout.write(
    `idle_cpu median ${median(shares).toFixed(3)} % of a core, coordinator ${(shares[highest] ?? Number.NaN).toFixed(3)} %, highest ${Math.max(...shares).toFixed(3)} %\n`,
  );
  verdict('PM1 memory MiB', median(resident), { atMost: 120 });
  verdict('PM1 processor % of a core', median(shares), { atMost: 0.5 });
}
