/** One machine of the simulation: disks that outlive its process, and the process, which is the production control plane. */
import { MemoryBlobDisk } from '../../daemon/blobs/memory-blob-disk.ts';
import type { Clock } from '../../daemon/clock.ts';
import { createControlPlane } from '../../daemon/control-plane.ts';
import type { MemoryNetwork } from '../../daemon/network/memory-network.ts';
import { emptyDisk, type MemoryDisk, MemoryStore } from '../../daemon/records/memory-store.ts';
import { ProcessClock } from '../support/process-clock.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';
import { factsOf } from '../support/small-cluster.ts';
import type { Life, Machine } from './machine.ts';
import type { NodePlan } from './plan.ts';
import type { RunningChecks } from './running-checks.ts';
import { SimulatedRunner } from './simulated-tasks.ts';
import { DiskContents, watchWrites } from './watched-store.ts';

/** Milliseconds of an fsync on a healthy disk. */
const fsyncMs = 2;

export interface NodeNeeds {
  readonly clock: Clock;
  readonly network: MemoryNetwork;
  readonly randomness: SeededRandomness;
  readonly checks: RunningChecks;
}

export class SimulatedNode implements Machine {
  readonly plan: NodePlan;
  readonly disk: MemoryDisk = emptyDisk();
  readonly contents = new DiskContents(this.disk);
  readonly blobDisk: MemoryBlobDisk;
  readonly #needs: NodeNeeds;
  /** How many times slower than healthy its disks are. */
  slowness = 1;
  life: Life | undefined;
  /** Of whichever process runs: a disk answers nobody who is dead. */
  readonly #diskClock: Clock;
  #lives = 0;
  /** It has had a seat on its disk; whoever lost that founds no second cluster. */
  #wasSeated = false;
  /** Told when the process hands a write to its disk: the worst moment for a power cut. */
  onWrite: (() => void) | undefined;

  constructor(plan: NodePlan, needs: NodeNeeds) {
    this.plan = plan;
    this.#needs = needs;
    const world = needs.clock;
    this.#diskClock = {
      now: () => world.now(),
      wall: () => world.wall(),
      after: (milliseconds, run) => (this.life?.clock ?? world).after(milliseconds * this.slowness, run),
      every: () => {
        throw new Error('a disk has no intervals');
      },
    };
    this.blobDisk = new MemoryBlobDisk({ syncMs: fsyncMs }, { clock: this.#diskClock });
  }

  async boot(): Promise<void> {
    const { clock: world, network, randomness, checks } = this.#needs;
    const { id, host, cores } = this.plan;
    this.#lives += 1;
    this.#wasSeated ||= this.disk.seat !== undefined;
    const number = this.#lives;
    const clock = new ProcessClock(world);
    const slowed: Clock = { ...this.#diskClock, after: (milliseconds, run) => clock.after(milliseconds * this.slowness, run) };
    const store = new MemoryStore({ disk: this.disk, fsyncMs }, { clock: slowed, randomness: randomness.fork(`${id} store ${number}`) });
    const over = Promise.withResolvers<void>();
    const watched = watchWrites(store, (count) => {
      life.unsyncedWrites = count;
      if (count > 0) this.onWrite?.();
    });
    const facts = factsOf(id, Math.floor(world.wall()));
    const messenger = network.join(id);
    const plane = createControlPlane(
      {
        founding: id === 'n1' && !this.#wasSeated ? 'now' : undefined,
        node: { ...facts, host, inventory: { ...facts.inventory, cores } },
        onTrouble: (trouble) => checks.troubled(this, trouble),
      },
      {
        network: messenger,
        clock,
        store: watched,
        blobDisk: this.blobDisk,
        makeTaskRunner: ({ blobs }) =>
          new SimulatedRunner({
            clock,
            blobs: () => blobs,
            began: (attempt) => checks.began(this, attempt),
            finished: (attempt, result) => checks.finished(this, attempt, result),
          }),
      },
    );
    const life: Life = { number, clock, plane, store, over: over.promise, end: over.resolve, stop: () => messenger.stop(), unsyncedWrites: 0, ready: false };
    this.life = life;
    checks.watch(this, life);
    await messenger.start();
    await plane.start();
    life.ready = true;
  }

  /** Stops in good order. */
  async stop(): Promise<void> {
    const { life } = this;
    if (life === undefined) return;
    life.ready = false;
    await life.plane.stop();
    await life.stop();
    life.clock.kill();
    this.life = undefined;
    life.end();
  }

  /** Power fails: everything not synced is gone. `tornWrite`: what was just being synced made it to the disk, unanswered. */
  crash(tornWrite: boolean): void {
    const { life } = this;
    if (life === undefined) return;
    life.clock.kill();
    this.#needs.network.crash(this.plan.id);
    life.store.crash(tornWrite);
    this.blobDisk.crash();
    this.life = undefined;
    life.end();
  }
}
