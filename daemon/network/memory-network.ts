/**
 * A network in one process over the injected clock, for tests and the simulation. Bodies go through the real codec and
 * the real schemas; frames arrive in order or their connection breaks, as over TCP. Nodes of one cluster find each other.
 */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Randomness } from '../clock.ts';
import { type MemoryCounts, type MemoryFaults, noCounts } from './memory-faults.ts';
import { MemoryLink } from './memory-link.ts';
import { MemoryNode } from './memory-node.ts';

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly faults?: MemoryFaults;
  /** A frame broke its schema, or a service threw on a message; the connection is cut after. Default: throws into the clock's turn, for it is a defect. */
  onViolation?(self: NodeId, peer: NodeId, reason: Error): void;
  /** A node said what only another version knows. Default: a violation, for usually all here are of one version. */
  onUnknown?(peer: NodeId, protocol: string, word: string): void;
  /** A node said more than the limits allow, and it was dropped. Default: a violation, for honest nodes never do. */
  onOverLimits?(peer: NodeId, protocol: string): void;
}

export interface MemoryNetwork {
  readonly counts: Readonly<MemoryCounts>;
  /** A new process under this id, not yet started; the last one of the same id must have stopped or crashed. */
  join(id: NodeId, cluster?: string): MemoryNode;
  /** Kills the process of the node: peers see the connection close as soon as the news can travel. */
  crash(id: NodeId): void;
  setFaults(faults: MemoryFaults): void;
  /** Holds back everything `from` sends to `to`; when it lasts the connection closes on both sides. */
  block(from: NodeId, to: NodeId): void;
  unblock(from: NodeId, to: NodeId): void;
  /** Blocks both directions between nodes of different sides; nodes not named stay as they are. */
  partition(sides: readonly (readonly NodeId[])[]): void;
  /** Unblocks everything. */
  heal(): void;
  /** Breaks the connection of two nodes; it is tried again at once. */
  reset(left: NodeId, right: NodeId): void;
}

export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  const { clock, randomness } = options;
  const counts = noCounts();
  const nodes = new Map<NodeId, MemoryNode>();
  const links = new Map<NodeId, Map<NodeId, MemoryLink>>();
  let faults = options.faults ?? {};

  const running = (id: NodeId) => {
    const node = nodes.get(id);
    return node?.running === true ? node : undefined;
  };
  const linkOf = (one: NodeId, other: NodeId): MemoryLink => {
    const ends = one < other ? ([one, other] as const) : ([other, one] as const);
    const row = entry(links, ends[0], () => new Map<NodeId, MemoryLink>());
    return entry(row, ends[1], () => new MemoryLink({ ends }, { clock, randomness, counts, faults: () => faults, running }));
  };
  const othersOf = (node: MemoryNode) => [...nodes.values()].filter((other) => other !== node && other.cluster === node.cluster);
  const violated = (node: MemoryNode, peer: NodeId, reason: Error) => {
    if (options.onViolation === undefined) throw reason;
    options.onViolation(node.self, peer, reason);
    linkOf(node.self, peer).close();
  };
  const unknown = (peer: NodeId, protocol: string, word: string) => {
    if (options.onUnknown === undefined) throw new TypeError(`${peer} says "${word}" of ${protocol}, which is not known`);
    options.onUnknown(peer, protocol, word);
  };
  const overLimits = (peer: NodeId, protocol: string) => {
    if (options.onOverLimits === undefined) throw new RangeError(`${peer} says more on ${protocol} than it may`);
    options.onOverLimits(peer, protocol);
  };
  const network: MemoryNetwork = {
    counts,
    join(id, cluster = '') {
      if (running(id) !== undefined) throw new Error(`the node ${id} runs already`);
      const node = new MemoryNode(
        { self: id, cluster },
        {
          clock,
          started: () => othersOf(node).forEach((other) => void (other.running && linkOf(id, other.self).connect())),
          stopped: () => othersOf(node).forEach((other) => void linkOf(id, other.self).ended()),
          violated,
          unknown,
          overLimits,
        },
      );
      nodes.set(id, node);
      return node;
    },
    crash: (id) => nodes.get(id)?.crash(),
    setFaults(next) {
      faults = next;
    },
    block: (from, to) => linkOf(from, to).block(from),
    unblock: (from, to) => linkOf(from, to).unblock(from),
    partition(sides) {
      for (const side of sides) for (const other of sides) if (side !== other) for (const from of side) for (const to of other) network.block(from, to);
    },
    heal() {
      for (const [one, row] of links) for (const [other, link] of row) for (const end of [one, other]) link.unblock(end);
    },
    reset: (left, right) => linkOf(left, right).reset(),
  };
  return network;
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
