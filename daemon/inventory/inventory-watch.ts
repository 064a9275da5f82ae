/** Keeps the rest of the daemon told of what this node has. */
import type { Inventory, Program } from '../../src/model/inventory.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import { type DetectOptions, detectPrograms } from './detect-programs.ts';
import { readGpus } from './graphics.ts';
import { loadBetween } from './processor-load.ts';
import { type Reading, readInventory } from './read-inventory.ts';
import { isWorthTelling } from './worth-telling.ts';

export interface InventoryWatchOptions extends DetectOptions {
  /** On the disk that workspaces are on; must exist. */
  readonly folder: string;
  /** Job types of the user's own, looked for at every look: they come and change while the daemon runs. */
  ownTypes?(): Promise<readonly Program[]>;
  readonly labels: { readonly [name: string]: string };
}

export interface InventoryWatchNeeds {
  readonly clock: Clock;
  /** Called during `start`, when detection is done, and when something changed that matters; not after `stop`. */
  publish(inventory: Inventory): void;
}

const lookMs = 30_000;
/** Programs are installed and removed now and then; looking for them costs seconds of processor time. */
const detectMs = 30 * 60_000;
/** A busy machine answers late: it is asked again after this time, then after twice as long and so on. */
const againMs = 30_000;

type Detected = Pick<Inventory, 'gpus' | 'programs'>;

export class InventoryWatch implements Startable {
  readonly #options: InventoryWatchOptions;
  readonly #needs: InventoryWatchNeeds;
  readonly #timers: Timer[] = [];
  #detected: Detected = { gpus: [], programs: [] };
  #reading: Reading | undefined;
  #ownTypes: readonly Program[] = [];
  #told: Inventory | undefined;
  #detecting: Promise<void> = Promise.resolve();
  #againMs = againMs;
  #again: Timer | undefined;
  readonly #stopping = new AbortController();

  constructor(options: InventoryWatchOptions, needs: InventoryWatchNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  /** Publishes what is read at once; programs and GPUs follow when they are found. */
  async start(): Promise<void> {
    await this.#look();
    this.#detecting = this.#detect();
    this.#timers.push(this.#needs.clock.every(lookMs, () => void this.#look()));
    this.#timers.push(this.#needs.clock.every(detectMs, () => void this.#redetect()));
  }

  /** Ends what is being asked: a program may take a minute to answer. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers) timer.cancel();
    this.#again?.cancel();
    await this.#detecting;
  }

  /** As it was last told; after start. */
  current(): Inventory {
    if (this.#told === undefined) throw new Error('the inventory was not started');
    return this.#told;
  }

  /** Somebody noticed a change that should not wait for the next look. */
  async lookNow(): Promise<void> {
    await this.#look();
  }

  /** Resolves when programs and GPUs have been looked for. */
  async detected(): Promise<void> {
    await this.#detecting;
  }

  async #redetect(): Promise<void> {
    await this.#detecting;
    if (!this.#stopping.signal.aborted) this.#detecting = this.#detect();
  }

  async #detect(): Promise<void> {
    const gpus = await readGpus().catch((error: unknown) => {
      this.#options.onProblem('graphics', error);
      return [];
    });
    const { programs, complete } = await detectPrograms(this.#options, this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    // Silence is no proof that a program found before is gone.
    const silent = !complete && this.#detected.programs.length > 0;
    this.#detected = { gpus, programs: silent ? this.#detected.programs : programs };
    this.#again?.cancel();
    if (complete) this.#againMs = againMs;
    else this.#askAgain();
    await this.#look();
  }

  #askAgain(): void {
    this.#again = this.#needs.clock.after(this.#againMs, () => void this.#redetect());
    this.#againMs = Math.min(detectMs, 2 * this.#againMs);
  }

  async #look(): Promise<void> {
    const before = this.#reading;
    try {
      this.#reading = await readInventory(this.#options.folder, this.#needs.clock.now());
    } catch (error) {
      this.#options.onProblem('machine', error);
      if (before === undefined) throw error;
    }
    try {
      this.#ownTypes = (await this.#options.ownTypes?.()) ?? [];
    } catch (error) {
      // A user's folder in any state must not end the daemon.
      this.#options.onProblem('job types', error);
    }
    const now = this.#inventory(before);
    if (this.#stopping.signal.aborted || (this.#told !== undefined && !isWorthTelling(this.#told, now))) return;
    this.#told = now;
    try {
      this.#needs.publish(now);
    } catch (error) {
      // Beyond what a node may say of itself (a path too long): the machine goes on with what it said before.
      this.#options.onProblem('machine', error);
    }
  }

  #inventory(before: Reading | undefined): Inventory {
    const reading = this.#reading;
    if (reading === undefined) throw new Error('nothing was read');
    const { load, ...told } = reading;
    const cpuLoad = before === undefined || load.at <= before.load.at ? 0 : loadBetween(before.load, load, reading.cores);
    const programs = [...this.#ownTypes, ...this.#detected.programs];
    return { ...told, ...this.#detected, programs, labels: this.#options.labels, cpuLoad };
  }
}
