/** Nodes with nothing but membership and election, over the memory network and in virtual time. */
import { Election } from '../../daemon/election/election.ts';
import { MembershipNode } from '../../daemon/membership/membership-node.ts';
import type { UdpBeats } from '../../daemon/network/beats/udp-beats.ts';
import { createMemoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from '../../daemon/network/memory-network.ts';
import type { NodeFacts } from '../../src/model/inventory.ts';
import type { NodeId, Term } from '../../src/model/job.ts';
import { sameTerm } from '../../src/model/term.ts';
import type { Seat } from '../../src/model/voters.ts';
import { type BeatThread, type BeatWorld, offerOf } from './beat-world.ts';
import { ProcessClock } from './process-clock.ts';
import { seededRandomness } from './seeded-randomness.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface SmallNode {
  readonly id: NodeId;
  readonly clock: ProcessClock;
  readonly membership: MembershipNode;
  readonly election: Election;
  /** Of its heartbeats, in a cluster that has such threads. */
  readonly thread: BeatThread | undefined;
}

export function factsOf(id: NodeId, incarnation = 1): Omit<NodeFacts, 'revision'> {
  return {
    id,
    name: id,
    host: `host-${id}`,
    version: '0.1.0',
    incarnation,
    addresses: [],
    paused: false,
    inventory: {
      cores: 4,
      memoryBytes: 8e9,
      freeMemoryBytes: 4e9,
      freeDiskBytes: 1e11,
      gpus: [],
      programs: [],
      labels: {},
      platform: 'linux',
      architecture: 'x64',
      cpuLoad: 0,
    },
  };
}

/** A disk for terms and seats that takes `saveMs` to sync and forgets what was not synced when its node dies. */
export class TermDisk {
  saved: Term | undefined;
  seat: Seat = {};
  store = 'first';
  saveMs = 2;
  /** Takes nothing. */
  full = false;
}

export class SmallCluster {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly nodes = new Map<NodeId, SmallNode>();
  readonly disks = new Map<NodeId, TermDisk>();
  /** Every term that any node ever held as its own, in the order taken. */
  readonly seats: Term[] = [];

  /** Whose certificates say so. */
  readonly workers = new Set<NodeId>();

  /** Removed from the cluster for ever. */
  readonly expelled = new Set<NodeId>();

  /** Where nodes booted from now on have their heartbeats' threads. */
  beatWorld: BeatWorld | undefined;
  readonly #ports = new Map<NodeId, number>();

  constructor(seed = 1, options: Pick<MemoryNetworkOptions, 'onUnknown' | 'onViolation'> = {}) {
    this.network = createMemoryNetwork({ ...options, clock: this.clock, randomness: seededRandomness(seed) });
  }

  /** Peers that `from` cannot pull records of. */
  readonly silent = new Set<string>();

  /** `founder`: it writes the first record of voters. */
  async boot(id: NodeId, incarnation = 1, founder = false): Promise<SmallNode> {
    const clock = new ProcessClock(this.clock);
    const messenger = Object.assign(this.network.join(id), { roleOf: (peer: NodeId) => (this.workers.has(peer) ? ('worker' as const) : ('member' as const)) });
    const carrier = this.#carrier(id);
    if (carrier !== undefined) {
      messenger.onPeer(({ type, peer }) => {
        const [own, other] = [this.#port(id), this.#port(peer)];
        if (type === 'connected') carrier.beats.open(peer, '', offerOf(other, own), offerOf(own, other));
        else carrier.beats.close(peer, offerOf(own, other));
      });
    }
    const beats = carrier === undefined ? {} : { beats: carrier.beats };
    const membership = new MembershipNode({ facts: factsOf(id, incarnation) }, { messenger, clock, ...beats });
    const disk = this.disks.get(id) ?? new TermDisk();
    this.disks.set(id, disk);
    const written = (write: () => void): Promise<void> =>
      new Promise((resolve, reject) => {
        clock.after(disk.saveMs, () => {
          if (disk.full) return reject(new Error('no room'));
          write();
          resolve();
        });
      });
    const memory = {
      saveTerm: (term: Term) => written(() => Object.assign(disk, { saved: term })),
      highestTerm: () => disk.saved,
      seat: () => disk.seat,
      saveSeat: (seat: Seat) => written(() => Object.assign(disk, { seat })),
      storeId: () => disk.store,
      isSeatInDoubt: () => false,
      isStale: () => false,
      renewStore: () => written(() => Object.assign(disk, { store: `${disk.store} renewed` })),
      heard: () => Promise.resolve(),
      catchUpFrom: async (peer: NodeId) => !this.silent.has(`${id} ${peer}`),
      positions: () => new Map(),
      holds: () => true,
      whenHeld: async (isEnough: () => boolean) => isEnough(),
    };
    const election = new Election(
      { self: id, founding: founder ? 'now' : undefined },
      { membership, messenger, clock, memory, isExpelled: (node) => this.expelled.has(node) },
    );
    election.onChange((term) => {
      if (term !== undefined && election.isMine() && !sameTerm(this.seats.at(-1), term)) this.seats.push(term);
    });
    const node: SmallNode = { id, clock, membership, election, thread: carrier?.thread };
    this.nodes.set(id, node);
    await messenger.start();
    await membership.start();
    await election.start();
    return node;
  }

  async bootAll(ids: readonly NodeId[], founder?: NodeId): Promise<readonly SmallNode[]> {
    return Promise.all(ids.map((id) => this.boot(id, 1, id === founder)));
  }

  #port(id: NodeId): number {
    const port = this.#ports.get(id) ?? this.#ports.size + 1;
    this.#ports.set(id, port);
    return port;
  }

  #carrier(id: NodeId): { readonly beats: UdpBeats; readonly thread: BeatThread } | undefined {
    return this.beatWorld?.carrier(this.#port(id));
  }

  /** As SIGSTOP of its process, thread and all. */
  stop(id: NodeId): void {
    this.nodes.get(id)?.clock.pause();
    this.nodes.get(id)?.thread?.pause();
  }

  /** As SIGCONT. */
  continue(id: NodeId): void {
    this.nodes.get(id)?.thread?.resume();
    this.nodes.get(id)?.clock.resume();
  }

  kill(id: NodeId): void {
    this.nodes.get(id)?.thread?.kill();
    this.nodes.get(id)?.clock.kill();
    this.network.crash(id);
    this.nodes.delete(id);
  }

  /** What each running node takes for the current term. */
  terms(): readonly (Term | undefined)[] {
    return [...this.nodes.values()].map(({ election }) => election.current());
  }

  /** True when all running nodes follow one coordinator that runs and knows it. */
  agrees(): boolean {
    const [first, ...others] = this.terms();
    if (first === undefined || this.nodes.get(first.node)?.election.isMine() !== true) return false;
    return others.every((term) => term?.number === first.number && term.node === first.node);
  }
}
