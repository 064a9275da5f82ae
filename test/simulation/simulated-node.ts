/** One machine of the simulation: disks that outlive its process, and the process, which is the production control plane. */
import { MemoryBlobDisk } from '../../daemon/blobs/memory-blob-disk.ts';
import { type BlobRequest, blobProtocol } from '../../daemon/blobs/protocol.ts';
import type { Clock } from '../../daemon/clock.ts';
import { createControlPlane } from '../../daemon/control-plane.ts';
import { coordinatorDefaults } from '../../daemon/coordinator/options.ts';
import type { MemoryNetwork } from '../../daemon/network/memory-network.ts';
import { emptyDisk, type MemoryDisk, MemoryStore } from '../../daemon/records/memory-store.ts';
import { upkeepDefaults } from '../../daemon/upkeep/upkeep.ts';
import type { Digest, NodeId, Term } from '../../src/model/job.ts';
import { ProcessClock } from '../support/process-clock.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';
import { factsOf } from '../support/small-cluster.ts';
import { verifiesInSimulation } from './cluster-words.ts';
import { CrashPoints, midRead } from './crash-points.ts';
import { DiskContents } from './disk-contents.ts';
import type { Life, Machine } from './machine.ts';
import { type Ear, mortalBlobDisk, mortalMessenger, mortalStore } from './mortal-parts.ts';
import type { NodePlan } from './plan.ts';
import type { RunningChecks } from './running-checks.ts';
import { SimulatedRunner } from './simulated-tasks.ts';
import { TaskHost } from './task-host.ts';

/** Milliseconds of an fsync on a healthy disk. */
const fsyncMs = 2;
/** Results whose holders are all away are given up sooner than by real nodes: nobody is away for as long here. */
const lostMs = 15_000;

/** What nothing refers to is freed sooner, too, though nothing that was in use within the last minute. */
const collection = { soonMs: 20_000, sweepMs: 20_000, garbageMs: 30_000, quietMs: 5_000, graceMs: 10_000, lossMs: 30_000 };

export interface NodeNeeds {
  readonly clock: Clock;
  readonly network: MemoryNetwork;
  readonly randomness: SeededRandomness;
  readonly checks: RunningChecks;
  /** Of an attempt whose worker is silent, and of one that is once-only. */
  readonly leaseMs: number;
  ear(node: SimulatedNode): Ear;
  /** Does a machine that runs, and is none of those, hold the blob? */
  isHeldElsewhere(digest: Digest, others: readonly NodeId[]): boolean;
}

/** All that its disks held at one instant. */
interface Backup {
  readonly storeId: string | undefined;
  readonly highestTerm: Term | undefined;
  readonly seat: MemoryDisk['seat'];
  readonly logs: MemoryDisk['logs'];
  readonly blobs: ReturnType<MemoryBlobDisk['snapshot']>;
}

export class SimulatedNode implements Machine {
  readonly plan: NodePlan;
  readonly disk: MemoryDisk = emptyDisk();
  readonly contents = new DiskContents(this.disk);
  readonly blobDisk: MemoryBlobDisk;
  readonly points = new CrashPoints();
  readonly host: TaskHost;
  readonly #needs: NodeNeeds;
  /** How many times slower than healthy its disks are. */
  slowness = 1;
  /** Milliseconds by which its time of day is wrong. */
  wallError = 0;
  /** Of the job type's code that it runs: another version makes other bytes of the same task. */
  pluginVersion = 1;
  isMember: boolean;
  deafFrom = Number.NEGATIVE_INFINITY;
  deafUntil = Number.NEGATIVE_INFINITY;
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
    this.isMember = plan.joins !== true;
    const world = needs.clock;
    this.#diskClock = {
      now: () => world.now(),
      wall: () => world.wall(),
      after: (milliseconds, run) => (this.life?.clock ?? world).after(milliseconds * this.slowness, run),
      every: () => {
        throw new Error('a disk has no intervals');
      },
    };
    this.host = new TaskHost(plan, {
      clock: world,
      gaveUp: () => needs.checks.gaveUp(this),
      leaseEnded: ({ attempt }) => needs.checks.leaseEnded(this, attempt),
      woke: () => needs.checks.checkOnceOnly(),
    });
    this.blobDisk = new MemoryBlobDisk({ syncMs: fsyncMs / 2 }, { clock: this.#diskClock });
  }

  async boot(): Promise<void> {
    const { clock: world, network, randomness, checks, ear, leaseMs, isHeldElsewhere } = this.#needs;
    const { id, host, cores, rate } = this.plan;
    this.#lives += 1;
    this.#wasSeated ||= this.disk.seat !== undefined;
    const number = this.#lives;
    const draw = randomness.fork(`${id} life ${number}`);
    const clock = new ProcessClock(world, { rate, origin: draw.integer(1e9), wallError: () => this.wallError });
    const slowed: Clock = { ...this.#diskClock, after: (milliseconds, run) => clock.after(milliseconds * this.slowness, run) };
    const store = new MemoryStore({ disk: this.disk, fsyncMs }, { clock: slowed, randomness: randomness.fork(`${id} store ${number}`) });
    const over = Promise.withResolvers<void>();
    const mortality = {
      isAlive: () => this.life === life,
      hit: (point: string) => this.points.hit(point),
      answers: (from: NodeId, protocol: string, request: unknown) => {
        const read = protocol === blobProtocol.id ? (request as BlobRequest) : undefined;
        if (read?.type === 'read' && read.offset > 0 && isHeldElsewhere(read.digest, [from, id])) this.points.hit(midRead);
      },
      refused: (error: unknown) => checks.refused(error),
    };
    const facts = factsOf(id, Math.max(1, Math.floor(clock.wall())));
    checks.booted(this, facts.incarnation);
    const messenger = network.join(id);
    const waiting = (count: number): void => {
      life.unsyncedWrites = count;
      if (count > 0) this.onWrite?.();
    };
    const plane = createControlPlane(
      {
        founding: id === 'n1' && !this.#wasSeated ? 'now' : undefined,
        node: { ...facts, host, inventory: { ...facts.inventory, cores } },
        onTrouble: (trouble) => checks.troubled(this, trouble),
        onSettled: (fact) => mortality.isAlive() && checks.settled.settles(this, life, fact),
        timings: { upkeep: { ...upkeepDefaults, lostMs }, coordinator: { ...coordinatorDefaults, leaseMs }, collection },
      },
      {
        network: mortalMessenger(messenger, mortality, ear(this)),
        clock,
        store: mortalStore(store, id, mortality, waiting),
        verifies: verifiesInSimulation,
        blobDisk: mortalBlobDisk(this.blobDisk, mortality),
        makeTaskRunner: ({ blobs }) =>
          new SimulatedRunner({
            clock,
            host: this.host,
            pluginVersion: () => this.pluginVersion,
            blobs: () => blobs,
            isAlive: mortality.isAlive,
            hit: (point) => mortality.isAlive() && this.points.hit(point),
            began: (attempt) => checks.began(this, attempt),
            runs: () => checks.checkOnceOnly(),
            adopted: (attempt) => checks.adopted(this, attempt),
            finished: (attempt, result) => mortality.isAlive() && checks.finished(this, attempt, result),
          }),
      },
    );
    const life: Life = {
      number,
      clock,
      plane,
      store,
      over: over.promise,
      end: over.resolve,
      stop: () => messenger.stop(),
      unsyncedWrites: 0,
      ready: false,
      metAt: undefined,
    };
    this.life = life;
    checks.watch(this, life);
    await messenger.start();
    await plane.start();
    life.ready = true;
  }

  /** Stops in good order; its tasks wait for the next process. */
  async stop(): Promise<void> {
    const { life } = this;
    if (life === undefined) return;
    life.ready = false;
    await life.plane.stop();
    await life.stop();
    // It died while it stopped.
    if (this.life !== life) return new Promise<void>(() => {});
    life.clock.kill();
    this.life = undefined;
    this.#isGone();
    life.end();
  }

  /** The process is killed, or the machine loses power and its tasks with it. Everything not synced is gone, except what `survives` lets through of what was just being synced, by name. */
  crash(of: 'process' | 'power', survives: (what: string) => boolean): void {
    const { life } = this;
    if (life === undefined) return;
    this.life = undefined;
    life.clock.kill();
    this.#needs.network.crash(this.plan.id);
    life.store.crash(survives('facts'));
    this.blobDisk.crash(survives);
    if (of === 'power') this.host.powerFails();
    else this.#isGone();
    life.end();
  }

  /** Its process is stopped, or its machine sleeps. */
  pause(of: 'process' | 'machine'): void {
    this.deafFrom = this.#needs.clock.now();
    this.deafUntil = Number.POSITIVE_INFINITY;
    this.life?.clock.pause();
    if (of === 'machine') this.host.pause();
  }

  resume(of: 'process' | 'machine'): void {
    this.deafUntil = this.#needs.clock.now();
    this.life?.clock.resume();
    if (of === 'machine') this.host.resume();
  }

  #isGone(): void {
    const lives = this.#lives;
    this.host.daemonIsGone(() => this.#lives !== lives);
  }

  backup(): Backup {
    const { storeId, highestTerm, seat, logs } = this.disk;
    return { storeId, highestTerm, seat, logs: new Map([...logs].map(([origin, log]) => [origin, [...log]])), blobs: this.blobDisk.snapshot() };
  }

  /** While no process runs: the disks hold what they held then; nothing at all without a backup. */
  restore(backup: Backup | undefined): void {
    this.#wasSeated ||= this.disk.seat !== undefined;
    this.disk.storeId = backup?.storeId;
    this.disk.highestTerm = backup?.highestTerm;
    if (backup?.seat === undefined) delete this.disk.seat;
    else this.disk.seat = backup.seat;
    this.disk.logs.clear();
    for (const [origin, log] of backup?.logs ?? []) this.disk.logs.set(origin, [...log]);
    this.blobDisk.restore(backup?.blobs ?? new Map());
    this.contents.forget();
  }
}
