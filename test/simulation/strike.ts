/** Makes the planned faults happen to the world. */
import type { MemoryFaults } from '../../daemon/network/memory-faults.ts';
import type { MemoryNetwork } from '../../daemon/network/memory-network.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Chronicle } from './chronicle.ts';
import { Deaths } from './deaths.ts';
import type { Fault, FaultKind } from './faults.ts';
import { month } from './faults.ts';
import { Links } from './links.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { swizzle } from './swizzle.ts';

export interface StrikeNeeds {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly randomness: SeededRandomness;
  readonly chronicle: Chronicle;
  readonly nodes: ReadonlyMap<NodeId, SimulatedNode>;
}

/** They are counted when they bite, which is later than they begin or never. */
const countedLater: readonly FaultKind[] = ['drop', 'duplicate', 'reset', 'crash-point', 'lid', 'wipe', 'restore', 'leave', 'upgrade'];

/** By then a node that woke has heard of whoever coordinates now. */
const noticesMs = 3000;

export class Striker {
  readonly #needs: StrikeNeeds;
  readonly #links: Links;
  readonly #deaths: Deaths;
  readonly #active = new Set<Fault>();
  /** Lids that are closed, and what opens them. */
  readonly #lids = new Map<Fault, () => void>();

  constructor(needs: StrikeNeeds) {
    this.#needs = needs;
    this.#links = new Links(needs.network);
    this.#deaths = new Deaths(needs);
    this.#setFaults();
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) this.#needs.clock.after(fault.from, () => this.#begin(fault));
  }

  /** Ends all faults, opens all links, boots whoever is down. */
  heal(): void {
    const { nodes, network } = this.#needs;
    for (const fault of [...this.#active]) this.#end(fault);
    this.#links.openAll();
    const ids = [...nodes.keys()];
    // What was lost in silence on a standing connection comes again with a new one.
    for (const [place, left] of ids.entries()) for (const right of ids.slice(place + 1)) network.reset(left, right);
    this.#deaths.end();
  }

  #begin(fault: Fault): void {
    const { chronicle, clock } = this.#needs;
    chronicle.note('world', `${fault.kind} ${fault.nodes.join(' ')}${fault.point === undefined ? '' : ` ${fault.point}`} for ${fault.until - fault.from} ms`);
    chronicle.cause();
    if (!countedLater.includes(fault.kind)) chronicle.count(fault.kind);
    this.#active.add(fault);
    this.#apply(fault, true);
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
        if (begins && fault.strength > 0.5) this.#cutOff(fault.nodes);
        return;
      case 'one-way':
        this.#links.turn(fault.nodes[0] as NodeId, fault.nodes[1] as NodeId, begins);
        return;
      case 'swizzle':
        if (begins) swizzle(fault, { ...this.#needs, links: this.#links });
        return;
      case 'flap':
        if (begins) this.#needs.network.reset(fault.nodes[0] as NodeId, fault.nodes[1] as NodeId);
        return;
      case 'slow-disk':
        for (const node of struck) node.slowness = begins ? fault.strength : 1;
        return;
      case 'full-disk':
        for (const node of struck) {
          node.disk.full = begins;
          node.blobDisk.full = begins;
        }
        return;
      case 'failing-fsync':
        for (const node of struck) {
          node.disk.failing = begins;
          node.blobDisk.failing = begins;
        }
        return;
      case 'stop':
      case 'sleep':
        for (const node of struck) this.#pause(node, fault.kind, begins);
        return;
      case 'lid':
        if (begins) for (const node of struck) this.#closeLid(node, fault);
        else this.#lids.get(fault)?.();
        return;
      case 'clock-jump':
        for (const node of struck) node.wallError += begins ? fault.strength : -fault.strength;
        return;
      case 'absence':
        if (begins) for (const node of this.#needs.nodes.values()) node.wallError += month;
        if (begins) for (const node of struck) this.#deaths.strike(node, fault);
        return;
      case 'crash':
      case 'kill':
      case 'crash-point':
      case 'power-loss':
      case 'restart':
      case 'upgrade':
      case 'join':
      case 'leave':
      case 'wipe':
      case 'restore':
        if (begins) for (const node of struck) this.#deaths.strike(node, fault);
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

  #divide(side: readonly NodeId[], blocked: boolean): void {
    const others = [...this.#needs.nodes.keys()].filter((id) => !side.includes(id));
    for (const here of side) {
      for (const there of others) {
        this.#links.turn(here, there, blocked);
        this.#links.turn(there, here, blocked);
      }
    }
  }

  #cutOff(side: readonly NodeId[]): void {
    const { nodes, network } = this.#needs;
    for (const here of side) for (const there of nodes.keys()) if (!side.includes(there)) network.reset(here, there);
  }

  /** A stopped process hears nothing; of a sleeping machine nothing is heard either. */
  #pause(node: SimulatedNode, kind: FaultKind, begins: boolean): void {
    const { id } = node.plan;
    const of = kind === 'stop' ? 'process' : 'machine';
    if (begins) node.pause(of);
    else this.#wake(node, of);
    for (const peer of this.#needs.nodes.keys()) {
      if (peer === id) continue;
      this.#links.turn(peer, id, begins);
      if (kind !== 'stop') this.#links.turn(id, peer, begins);
    }
  }

  #wake(node: SimulatedNode, of: 'process' | 'machine'): void {
    const { life } = node;
    const coordinated = life?.plane.leadership.isMine() === true;
    node.resume(of);
    if (!coordinated) return;
    this.#needs.clock.after(noticesMs, () => {
      const now = life?.plane.leadership.current();
      if (node.life === life && now !== undefined && now.node !== node.plan.id) this.#needs.chronicle.count('sleeper woke to another coordinator');
    });
  }

  /** The machine falls asleep in the middle of one of its next uploads, until the fault is over. */
  #closeLid(node: SimulatedNode, fault: Fault): void {
    const { chronicle, clock, randomness } = this.#needs;
    const disarm = node.points.arm('after upload', 1 + randomness.integer(3), () =>
      // Within some frames of the transfer, which it has just asked the other machine to fetch.
      clock.after(randomness.between(0, 8), () => {
        if (!this.#active.has(fault)) return;
        chronicle.note(node.plan.id, 'has its lid closed in the middle of an upload');
        chronicle.cause();
        chronicle.count('lid');
        this.#pause(node, 'sleep', true);
        this.#lids.set(fault, () => this.#pause(node, 'sleep', false));
      }),
    );
    this.#lids.set(fault, disarm);
  }
}
