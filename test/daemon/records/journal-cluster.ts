/** Journals of several nodes over the memory network, on disks that survive them. */

import { createMemoryNetwork } from '../../../daemon/network/memory-network.ts';
import type { MemoryNode } from '../../../daemon/network/memory-node.ts';
import { jobIdOf } from '../../../daemon/records/canonical.ts';
import type { VerifySigned } from '../../../daemon/records/cluster-book.ts';
import { JournalNode } from '../../../daemon/records/journal-node.ts';
import { emptyDisk, type MemoryDisk, MemoryStore } from '../../../daemon/records/memory-store.ts';
import type { MembershipView } from '../../../daemon/records/needs.ts';
import type { Trouble } from '../../../daemon/records/trouble.ts';
import type { Fact } from '../../../src/model/facts.ts';
import type { NodeId } from '../../../src/model/job.ts';
import { record, step } from '../../support/fact-arbitraries.ts';
import { inventoryOf } from '../../support/inventories.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

export interface JournalBench {
  readonly journal: JournalNode;
  readonly store: MemoryStore;
  readonly messenger: MemoryNode;
  readonly disk: MemoryDisk;
  readonly facts: Fact[];
  readonly troubles: Trouble[];
}

/** `voters`: as every node knows them. */
export function journalCluster(seed = 1, voters: readonly NodeId[] = []) {
  const clock = new VirtualClock();
  const randomness = seededRandomness(seed);
  const network = createMemoryNetwork({ clock, randomness });
  const disks = new Map<NodeId, MemoryDisk>();
  const hosts = new Map<NodeId, string>();
  const running = new Map<NodeId, JournalBench>();
  const lost = new Set<NodeId>();
  const workers = new Set<NodeId>();
  const listeners: (() => void)[] = [];

  /** Whoever is connected is reachable, unless it is lost. */
  function membershipOf(messenger: MemoryNode): MembershipView {
    const facts = (id: NodeId) => ({ id, host: hosts.get(id) ?? id, incarnation: 1, inventory: inventoryOf() });
    const member = (id: NodeId) => ({ facts: facts(id), reachability: lost.has(id) ? 'unreachable' : 'alive' });
    return {
      reachable: () => [messenger.self, ...messenger.connected().filter((id) => !lost.has(id))].map(member) as never,
      members: () => [messenger.self, ...messenger.connected()].map(member) as never,
      member: (id) => (lost.has(id) ? (member(id) as never) : undefined),
      onChange: (listener) => {
        listeners.push(() => listener(undefined as never));
        messenger.onPeer(() => listener(undefined as never));
      },
    };
  }

  async function wait<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    if (!(await clock.runUntil(() => settled, limitMs))) throw new Error(`nothing happened in ${limitMs} ms`);
    return watched;
  }

  return {
    clock,
    network,
    wait,
    /** Whose certificates say so. */
    workers,
    /** Starts a node on its own disk (or `disk`), where `root` and admins named by it may sign, on a machine of its own unless `host` says otherwise. */
    async start(id: NodeId, options: { host?: string; disk?: MemoryDisk } = {}): Promise<JournalBench> {
      const disk = options.disk ?? disks.get(id) ?? emptyDisk();
      disks.set(id, disk);
      const host = options.host ?? `host of ${id}`;
      hosts.set(id, host);
      const messenger = Object.assign(network.join(id), { roleOf: (peer: NodeId) => (workers.has(peer) ? ('worker' as const) : ('member' as const)) });
      const store = new MemoryStore({ disk, fsyncMs: 5 }, { clock, randomness });
      const troubles: Trouble[] = [];
      const verifies: VerifySigned = ({ signedBy }, { admins }) => signedBy === 'root' || admins.has(signedBy);
      const needs = { store, messenger, clock, membership: membershipOf(messenger), lasting: () => voters, verifies };
      const journal = new JournalNode({ host, onTrouble: (trouble) => troubles.push(trouble) }, needs);
      const facts: Fact[] = [];
      journal.onFact((fact) => facts.push(fact));
      await wait(journal.start());
      await messenger.start();
      const bench = { journal, store, messenger, disk, facts, troubles };
      running.set(id, bench);
      return bench;
    },
    /** Membership takes the node for lost, though its connections stand. */
    lose(id: NodeId): void {
      lost.add(id);
      for (const listener of listeners) listener();
    },
    async stop(id: NodeId): Promise<void> {
      const bench = running.get(id);
      await bench?.messenger.stop();
      if (bench !== undefined) await wait(bench.journal.stop());
    },
    /** Kills the node; its clock's timers go on, but nothing they do is heard or stored. */
    crash(id: NodeId): void {
      network.crash(id);
      running.get(id)?.store.crash();
    },
  };
}

/** A `submitted` fact of a job of its own. */
export function submission(key: string): Fact & { readonly type: 'submitted' } {
  return submissionOf('n1', key);
}

export function submissionOf(submitter: NodeId, key: string): Fact & { readonly type: 'submitted' } {
  const of = record([step('draw', 3)], { key, submitter });
  return { type: 'submitted', job: jobIdOf(of), at: 0, record: of };
}

export function entriesOf(disk: MemoryDisk): readonly unknown[] {
  return [...disk.logs].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, log]) => log);
}

/** Those nodes, two seconds after their start; the type promises three, for tests that name them. */
export async function started(ids: readonly string[]) {
  const cluster = journalCluster();
  const nodes = [];
  for (const id of ids) nodes.push(await cluster.start(id));
  await cluster.clock.advance(2_000);
  return { cluster, nodes: nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]] };
}
