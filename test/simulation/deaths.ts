/** The faults that end a process: crashes anywhere or at a named point, restarts, machines that come and go, disks that forget. */
import type { NodeId } from '../../src/model/job.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { type Chronicle, newsTravelMs } from './chronicle.ts';
import type { Fault } from './faults.ts';
import type { SimulatedNode } from './simulated-node.ts';

/** How long a power cut waits for a write to be under way. */
const lurkMs = 3000;
/** At least as long a machine is down. */
const leastDownMs = 50;

export interface DeathNeeds {
  readonly clock: VirtualClock;
  readonly randomness: SeededRandomness;
  readonly chronicle: Chronicle;
  readonly nodes: ReadonlyMap<NodeId, SimulatedNode>;
}

export class Deaths {
  readonly #needs: DeathNeeds;
  /** Nodes that wait to be booted again. */
  readonly #down = new Set<NodeId>();
  #isOver = false;

  constructor(needs: DeathNeeds) {
    this.#needs = needs;
  }

  /** Nobody dies any more; whoever is down boots. */
  end(): void {
    this.#isOver = true;
    for (const id of this.#down) this.#boot(id);
    for (const node of this.#needs.nodes.values()) if (node.plan.joins === true && !node.isMember && node.life === undefined) this.#join(node);
  }

  /** The fault begins. */
  strike(node: SimulatedNode, fault: Fault): void {
    const { chronicle, clock } = this.#needs;
    const downMs = Math.max(leastDownMs, fault.until - fault.from);
    switch (fault.kind) {
      case 'crash':
        this.#crash(node, downMs);
        return;
      case 'kill':
        this.#kill(node, downMs, 'process');
        return;
      case 'power-loss':
        this.#kill(node, downMs, 'power');
        return;
      case 'absence':
        // Till the heal.
        this.#kill(node, Number.POSITIVE_INFINITY, 'power');
        return;
      case 'crash-point':
        this.#trap(node, fault, downMs);
        return;
      case 'restart':
        void this.#restart(node, downMs);
        return;
      case 'upgrade':
        void this.#restart(node, downMs, () => {
          node.pluginVersion += 1;
          chronicle.count('upgrade');
        });
        return;
      case 'join':
        this.#join(node);
        return;
      case 'leave':
        void this.#leave(node);
        return;
      case 'wipe':
        this.#replaceDisk(node, downMs, undefined, 0);
        return;
      case 'restore': {
        const backup = node.backup();
        const since = clock.now();
        clock.after(fault.until - fault.from - 1, () => this.#replaceDisk(node, leastDownMs, backup, since));
        return;
      }
      default:
        throw new Error(`nobody dies of ${fault.kind}`);
    }
  }

  /** Half of the crashes wait for the worst moment: a write that is not yet on the disk. */
  #crash(node: SimulatedNode, downMs: number): void {
    const { clock, randomness } = this.#needs;
    if (randomness.chance(0.5)) {
      this.#kill(node, downMs, 'power');
      return;
    }
    let armed = true;
    const once = (): void => {
      if (!armed) return;
      armed = false;
      node.onWrite = undefined;
      this.#kill(node, downMs, 'power');
    };
    node.onWrite = () => void clock.after(0, once);
    clock.after(lurkMs, once);
  }

  /** Waits at the point till the heal. */
  #trap(node: SimulatedNode, { point = '', nth = 1 }: Fault, downMs: number): void {
    const { chronicle, randomness } = this.#needs;
    const of = randomness.chance(0.4) ? 'process' : 'power';
    node.points.arm(point, nth, () => {
      if (this.#isOver || node.life === undefined) return;
      chronicle.note(node.plan.id, `is caught ${point}`);
      chronicle.count('crash-point');
      chronicle.count(`crash ${point}`);
      this.#kill(node, downMs, of);
    });
  }

  /** In good order: says goodbye, finishes its writes, comes back. */
  async #restart(node: SimulatedNode, downMs: number, changed: () => void = () => {}): Promise<void> {
    const { clock } = this.#needs;
    const { id } = node.plan;
    if (!(await this.#stop(node))) return;
    changed();
    this.#down.add(id);
    if (this.#isOver) this.#boot(id);
    else clock.after(downMs, () => this.#boot(id));
  }

  async #leave(node: SimulatedNode): Promise<void> {
    const { chronicle, clock } = this.#needs;
    if (!(await this.#stop(node))) return;
    node.isMember = false;
    chronicle.note(node.plan.id, 'has left for good');
    chronicle.count('leave');
    // Its copies still count for whoever has not heard of it.
    chronicle.losses.push({ host: node.plan.host, since: 0, until: clock.now() + newsTravelMs });
  }

  /** False when there was nothing to stop. A process that is killed while it stops never gets further than this. */
  async #stop(node: SimulatedNode): Promise<boolean> {
    const { chronicle } = this.#needs;
    const { id } = node.plan;
    if (node.life?.ready !== true || this.#isOver) return false;
    chronicle.note(id, 'stops');
    await node.stop();
    chronicle.note(id, 'has stopped');
    return true;
  }

  #join(node: SimulatedNode): void {
    const { chronicle } = this.#needs;
    if (node.isMember || node.life !== undefined) return;
    node.isMember = true;
    chronicle.note(node.plan.id, 'joins');
    void node.boot();
  }

  /** The machine comes back with what its disks held once, or with empty ones. */
  #replaceDisk(node: SimulatedNode, downMs: number, backup: ReturnType<SimulatedNode['backup']> | undefined, since: number): void {
    const { chronicle, clock } = this.#needs;
    if (this.#isOver || node.life === undefined || !node.isMember) return;
    this.#kill(node, downMs, 'power');
    node.restore(backup);
    chronicle.note(node.plan.id, backup === undefined ? 'has lost its disks' : `has the disks of ${since.toFixed(0)} ms again`);
    chronicle.count(backup === undefined ? 'wipe' : 'restore');
    chronicle.losses.push({ host: node.plan.host, since, until: clock.now() });
  }

  #kill(node: SimulatedNode, downMs: number, of: 'process' | 'power'): void {
    const { clock, chronicle, randomness } = this.#needs;
    const { id } = node.plan;
    if (this.#isOver || node.life === undefined) return;
    chronicle.note(id, `${of === 'power' ? 'loses power' : 'is killed'} with ${node.life.unsyncedWrites} unsynced writes`);
    chronicle.cause();
    chronicle.count('lost-write', node.life.unsyncedWrites);
    const before = node.disk.logs.values().reduce((sum, log) => sum + log.length, 0);
    node.crash(of, (what) => {
      if (what !== 'facts') chronicle.count('crash left a name without a synced folder');
      // What a killed process wrote is in the system's memory at least.
      return randomness.chance(of === 'power' ? 0.4 : 0.8);
    });
    if (node.disk.logs.values().reduce((sum, log) => sum + log.length, 0) > before) chronicle.count('crash brought an unanswered write to light');
    this.#down.add(id);
    if (Number.isFinite(downMs)) clock.after(downMs, () => this.#boot(id));
  }

  #boot(id: NodeId): void {
    const node = this.#needs.nodes.get(id);
    if (!this.#down.delete(id) || node === undefined) return;
    this.#needs.chronicle.note(id, 'boots');
    this.#needs.chronicle.cause();
    void node.boot();
  }
}
