/** Makes the planned faults happen to the world. */
import type { MemoryFaults } from '../../daemon/network/memory-faults.ts';
import type { MemoryNetwork } from '../../daemon/network/memory-network.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Chronicle } from './chronicle.ts';
import type { Fault } from './faults.ts';
import { Links } from './links.ts';
import type { SimulatedNode } from './simulated-node.ts';

/** How long a power cut waits for a write to be under way. */
const lurkMs = 3000;

export interface StrikeNeeds {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly randomness: SeededRandomness;
  readonly chronicle: Chronicle;
  readonly nodes: ReadonlyMap<NodeId, SimulatedNode>;
}

export class Striker {
  readonly #needs: StrikeNeeds;
  readonly #links: Links;
  readonly #active = new Set<Fault>();
  /** Nodes that wait to be booted again. */
  readonly #down = new Set<NodeId>();
  #isOver = false;

  constructor(needs: StrikeNeeds) {
    this.#needs = needs;
    this.#links = new Links(needs.network);
    this.#setFaults();
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) this.#needs.clock.after(fault.from, () => this.#begin(fault));
  }

  /** Ends all faults, opens all links, boots whoever is down. */
  heal(): void {
    this.#isOver = true;
    for (const fault of [...this.#active]) this.#end(fault);
    const ids = [...this.#needs.nodes.keys()];
    // What was lost in silence on a standing connection comes again with a new one.
    for (const [place, left] of ids.entries()) for (const right of ids.slice(place + 1)) this.#needs.network.reset(left, right);
    for (const id of this.#down) this.#boot(id);
  }

  #begin(fault: Fault): void {
    const { chronicle, clock, network } = this.#needs;
    chronicle.note('world', `${fault.kind} ${fault.nodes.join(' ')} for ${fault.until - fault.from} ms`);
    chronicle.cause();
    if (!['drop', 'duplicate', 'reset'].includes(fault.kind)) chronicle.count(fault.kind);
    this.#active.add(fault);
    this.#apply(fault, true);
    if (fault.kind === 'flap') network.reset(fault.nodes[0] as NodeId, fault.nodes[1] as NodeId);
    clock.after(fault.until - fault.from, () => this.#end(fault));
  }

  #end(fault: Fault): void {
    if (!this.#active.delete(fault)) return;
    this.#needs.chronicle.note('world', `${fault.kind} ${fault.nodes.join(' ')} is over`);
    this.#apply(fault, false);
  }

  #apply(fault: Fault, begins: boolean): void {
    const struck = fault.nodes.flatMap((id) => this.#needs.nodes.get(id) ?? []);
    switch (fault.kind) {
      case 'drop':
      case 'reset':
      case 'delay':
      case 'duplicate':
        this.#setFaults();
        return;
      case 'partition':
        this.#divide(fault.nodes, begins);
        return;
      case 'one-way':
        this.#turn(fault.nodes[0] as NodeId, fault.nodes[1] as NodeId, begins);
        return;
      case 'crash':
      case 'power-loss':
        for (const node of struck) if (begins) this.#crash(node, fault);
        return;
      case 'restart':
        for (const node of struck) if (begins) void this.#restart(node, fault);
        return;
      case 'slow-disk':
        for (const node of struck) node.slowness = begins ? fault.strength : 1;
        return;
      case 'full-disk':
        for (const node of struck) node.disk.full = begins;
        return;
      case 'stop':
      case 'sleep':
        for (const node of struck) this.#pause(node, fault, begins);
        return;
      case 'flap':
        return;
      default:
        fault.kind satisfies never;
    }
  }

  #setFaults(): void {
    const { network, randomness } = this.#needs;
    const share = (kind: Fault['kind']): number => Math.max(0, ...[...this.#active].filter((fault) => fault.kind === kind).map(({ strength }) => strength));
    const slow = share('delay');
    const faults: MemoryFaults = {
      latencyMs: () => 0.5 + randomness.fraction() * (1 + slow),
      dropFraction: share('drop'),
      resetFraction: share('reset'),
      duplicateFraction: share('duplicate'),
      breakAfterMs: 6000,
    };
    network.setFaults(faults);
  }

  #turn(from: NodeId, to: NodeId, blocked: boolean): void {
    if (blocked) this.#links.block(from, to);
    else this.#links.unblock(from, to);
  }

  #divide(side: readonly NodeId[], blocked: boolean): void {
    const others = [...this.#needs.nodes.keys()].filter((id) => !side.includes(id));
    for (const here of side) {
      for (const there of others) {
        this.#turn(here, there, blocked);
        this.#turn(there, here, blocked);
      }
    }
  }

  /** Half of the power cuts wait for the worst moment: a write that is not yet on the disk. */
  #crash(node: SimulatedNode, fault: Fault): void {
    const { clock, randomness } = this.#needs;
    const strike = (): void => {
      node.onWrite = undefined;
      if (this.#isOver) return;
      this.#kill(node, Math.max(50, fault.until - fault.from));
    };
    if (fault.kind === 'power-loss' || randomness.chance(0.5)) {
      strike();
      return;
    }
    let armed = true;
    const once = (): void => {
      if (!armed) return;
      armed = false;
      strike();
    };
    node.onWrite = () => void clock.after(0, once);
    clock.after(lurkMs, once);
  }

  /** In good order: says goodbye, finishes its writes, comes back. */
  async #restart(node: SimulatedNode, fault: Fault): Promise<void> {
    const { clock, chronicle } = this.#needs;
    const { id } = node.plan;
    if (node.life?.ready !== true) return;
    chronicle.note(id, 'stops');
    // A process that is killed while it stops never gets further than this.
    await node.stop();
    chronicle.note(id, 'has stopped');
    this.#down.add(id);
    if (this.#isOver) this.#boot(id);
    else clock.after(fault.until - fault.from, () => this.#boot(id));
  }

  #kill(node: SimulatedNode, downMs: number): void {
    const { clock, chronicle, randomness } = this.#needs;
    const { id } = node.plan;
    if (node.life === undefined) return;
    const torn = randomness.chance(0.3);
    chronicle.note(id, `dies with ${node.life.unsyncedWrites} unsynced writes${torn ? ', torn' : ''}`);
    chronicle.cause();
    chronicle.count('lost-write', node.life.unsyncedWrites);
    node.crash(torn);
    this.#down.add(id);
    clock.after(downMs, () => this.#boot(id));
  }

  #boot(id: NodeId): void {
    if (!this.#down.delete(id)) return;
    this.#needs.chronicle.note(id, 'boots');
    this.#needs.chronicle.cause();
    void this.#needs.nodes.get(id)?.boot();
  }

  /** A stopped process hears nothing; of a sleeping machine nothing is heard either. */
  #pause(node: SimulatedNode, fault: Fault, begins: boolean): void {
    const { id } = node.plan;
    if (begins) node.life?.clock.pause();
    else node.life?.clock.resume();
    for (const peer of this.#needs.nodes.keys()) {
      if (peer === id) continue;
      this.#turn(peer, id, begins);
      if (fault.kind === 'sleep') this.#turn(id, peer, begins);
    }
  }
}
