/** Which session has which GPU of this node: each has one holder at most, from before its session opens until nothing of that is left. */
import { SupervmError } from '../../src/model/errors.ts';
import type { GpuDevice } from './task-needs.ts';

export interface GpuHolders {
  /** Devices of sessions that are there, those that are just ending included. */
  gpusHeld(): readonly string[];
  /** Ends sessions that have GPUs and no task; resolves when one more is gone, with false when there is none to wait for. */
  endGpuHolder(): Promise<boolean>;
}

export class GpuGrants {
  readonly #holders: GpuHolders;
  readonly #devices: () => readonly GpuDevice[];
  /** Of sessions that are being opened. */
  readonly #opening = new Set<string>();

  /** `devices`: those that this node tells of. */
  constructor(holders: GpuHolders, devices: () => readonly GpuDevice[]) {
    this.#holders = holders;
    this.#devices = devices;
  }

  /** So many for a session that `open` opens, which holds them itself by then. Throws `cannot-be-placed` when too few are free. */
  async forSession<T>(count: number, open: (gpus: readonly GpuDevice[]) => Promise<T>): Promise<T> {
    const granted = await this.#take(count);
    try {
      return await open(granted);
    } finally {
      for (const { device } of granted) this.#opening.delete(device);
    }
  }

  async #take(count: number): Promise<readonly GpuDevice[]> {
    if (count === 0) return [];
    for (;;) {
      const held = new Set([...this.#holders.gpusHeld(), ...this.#opening]);
      const free = this.#devices().filter(({ device }) => !held.has(device));
      const granted = free.slice(0, count);
      if (granted.length === count) {
        for (const { device } of granted) this.#opening.add(device);
        return granted;
      }
      if (!(await this.#holders.endGpuHolder()))
        throw new SupervmError('cannot-be-placed', `the task needs GPUs: ${count}. Free on this node: ${free.length}.`);
    }
  }
}

/** What tells the driver's libraries which GPUs are meant. */
export function gpuEnvironment(gpus: readonly GpuDevice[]): { readonly [variable: string]: string } {
  const named: Record<string, string> = {};
  for (const { environment } of gpus)
    for (const [name, value] of Object.entries(environment)) named[name] = named[name] === undefined ? value : `${named[name]},${value}`;
  return named;
}
