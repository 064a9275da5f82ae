/**
 * Needs root and namespaces: a lid that is closed over real daemons. Suspend is made of what it does to a process: all of a machine's processes
 * stand still, its cable is dead, and when they go on the kernel's uptime has grown by hours of which its monotonic clock knows seconds.
 */
import { mkdtempSync, openSync, readFileSync, writeSync } from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusView } from '../../src/api/views.ts';
import type { Term } from '../../src/model/job.ts';
import { descendantsOf, ofNamespace } from '../chaos/processes.ts';
import type { Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { coordinatorOf } from '../support/start-cluster.ts';
import { busyCluster, losses, pause } from '../support/verdicts.ts';

const eightHours = 8 * 3600;
/** Really asleep for so long: more than the others need to give it up and to end its connections. */
const asleepMs = 20_000;

/** In place of /proc/uptime, which is where Node.js reads it. */
class Uptime {
  readonly #file: number;
  readonly #timer: NodeJS.Timeout;
  #addedSeconds = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    this.#write();
    this.#timer = setInterval(() => this.#write(), 20);
  }

  add(seconds: number): void {
    this.#addedSeconds += seconds;
    this.#write();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Over what stands there, so that nobody ever reads half of it. */
  #write(): void {
    writeSync(this.#file, `${(uptime() + this.#addedSeconds).toFixed(2)} 0.00\n`.padStart(32), 0);
  }
}

class Bedroom implements AsyncDisposable {
  readonly lab: Lab;
  readonly #uptimes: readonly Uptime[];

  private constructor(lab: Lab, uptimes: readonly Uptime[]) {
    this.lab = lab;
    this.#uptimes = uptimes;
  }

  static async create(): Promise<Bedroom> {
    const folder = mkdtempSync(join(tmpdir(), 'svm-sleep-'));
    const file = (index: number): string => join(folder, `uptime-${index}`);
    const uptimes = [0, 1, 2].map((index) => new Uptime(file(index)));
    return new Bedroom(await busyCluster({ folder, binds: (index) => ({ '/proc/uptime': file(index) }) }), uptimes);
  }

  /** Until all of them have been asleep for eight hours by their own uptime; returns when they woke, in Unix milliseconds. Their network comes back later. */
  async sleep(machines: readonly Machine[], networkAfterMs = 0): Promise<number> {
    const indexes = machines.map((machine) => this.lab.machines.indexOf(machine));
    const pids = machines.flatMap((machine) => {
      const own = ofNamespace(machine.namespace as string);
      return [...own, ...descendantsOf(...own)];
    });
    for (const index of indexes) this.lab.cable(index, false);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await pause(asleepMs);
    for (const index of indexes) this.#uptimes[index]?.add(eightHours);
    const wokeAt = Date.now();
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await pause(networkAfterMs);
    for (const index of indexes) this.lab.cable(index, true);
    return wokeAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#uptimes) one.stop();
    await this.lab[Symbol.asyncDispose]();
  }
}

const statusOf = (machine: Machine): Promise<StatusView> => machine.json<StatusView>('status');

/** The term in which all see all three alive, once it has stood for a while. */
async function settledTerm(lab: Lab): Promise<Term> {
  const seen = async () => (await Promise.all(lab.machines.map(statusOf))).map(({ nodes, coordinator }) => ({ nodes, coordinator }));
  const agrees = async () =>
    (await seen()).every(({ nodes, coordinator }, _, all) => {
      const alive = nodes.filter(({ reachability }) => reachability === 'alive').length;
      return alive === 3 && coordinator !== undefined && JSON.stringify(coordinator) === JSON.stringify(all[0]?.coordinator);
    });
  await lab.machine(0).until(agrees, 60_000);
  await pause(10_000);
  expect(await agrees()).toBe(true);
  return (await seen())[0]?.coordinator as Term;
}

/** Seconds that its daemon says it was away since then, the longest absence. */
function awaySeconds(machine: Machine): number {
  const lines = readFileSync(machine.file('logs/daemon.log'), 'utf8').split('\n');
  const away = lines.filter((line) => line.includes('this node was away')).map((line) => (JSON.parse(line) as { readonly seconds: number }).seconds);
  return Math.max(0, ...away);
}

test('whoever wakes takes nobody for lost, and raises no term that others hold', async () => {
  await using bedroom = await Bedroom.create();
  const { lab } = bedroom;
  const first = await settledTerm(lab);
  const coordinator = await coordinatorOf(lab, lab.machine(0));
  const [sleeper, third] = lab.machines.filter((machine) => machine !== coordinator) as [Machine, Machine];
  let since = Date.now();
  let wokeAt = await bedroom.sleep([sleeper]);
  expect(await settledTerm(lab)).toEqual(first);
  expect(awaySeconds(sleeper)).toBeGreaterThanOrEqual(eightHours);
  expect(losses([sleeper], wokeAt)).toEqual([]);
  // By the others it was missed, and nobody else.
  expect(new Set(losses([coordinator, third], since).map(({ of }) => of))).toEqual(new Set([sleeper.name]));

  // As a radio does: meanwhile it may think what it likes of others, but not that it must coordinate.
  await bedroom.sleep([sleeper], 6000);
  expect(await settledTerm(lab)).toEqual(first);

  wokeAt = await bedroom.sleep([coordinator]);
  const second = await settledTerm(lab);
  expect(second.number).toBe(first.number + 1);
  expect(second.node).not.toBe(first.node);
  expect(awaySeconds(coordinator)).toBeGreaterThanOrEqual(eightHours);
  expect(losses([coordinator], wokeAt)).toEqual([]);

  since = Date.now();
  await bedroom.sleep(lab.machines);
  const last = await settledTerm(lab);
  expect(awaySeconds(third)).toBeGreaterThanOrEqual(eightHours);
  expect(losses(lab.machines, since)).toEqual([]);
  expect(last.number).toBeLessThanOrEqual(second.number + 1);
}, 300_000);
