/** Counts on how many machines facts are durable, and answers who waits for it. */
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Messenger } from '../wire/messenger.ts';
import type { Stored } from './journal.ts';
import type { MembershipView } from './needs.ts';
import type { Position } from './own-log.ts';
import type { PeerHeads } from './peer-heads.ts';
import { isSilent } from './peer-waits.ts';

/** R: more copies than this are not waited for. */
const mostCopiesWanted = 3;

interface Waiter {
  readonly position: Position;
  readonly timer: Timer;
  resolve(stored: Stored): void;
}

export interface CopiesNeeds {
  readonly heads: PeerHeads;
  readonly membership: MembershipView;
  readonly messenger: Pick<Messenger, 'roleOf'>;
  readonly clock: Clock;
}

export class Copies {
  readonly #host: HostId;
  readonly #needs: CopiesNeeds;
  /** Asked again at every check: true when done. */
  readonly #watchers = new Set<() => boolean>();
  /** In log order: who waits for a later entry never has more copies. */
  #waiters: Waiter[] = [];
  #closed = false;

  constructor(options: { readonly host: HostId }, needs: CopiesNeeds) {
    this.#host = options.host;
    this.#needs = needs;
    needs.membership.onChange(() => this.check());
  }

  /** Machines with these entries on disk; this one has them. */
  of(positions: ReadonlyMap<string, number>): readonly HostId[] {
    return [...new Set([this.#host, ...this.#needs.heads.hostsHolding(positions, (peer) => !this.#isWorker(peer))])];
  }

  /** min(3, machines reachable now). */
  wanted(): number {
    const { heads, membership } = this.#needs;
    const told = heads.hosts((peer) => !isSilent(membership, peer) && !this.#isWorker(peer));
    const reachable = membership.reachable().filter(({ facts }) => facts.role !== 'worker');
    const hosts = new Set([this.#host, ...told, ...reachable.map((member) => member.facts.host)]);
    return Math.min(mostCopiesWanted, hosts.size);
  }

  /** What a worker has on disk nobody takes from it. */
  #isWorker(peer: NodeId): boolean {
    const { membership, messenger } = this.#needs;
    return (messenger.roleOf?.(peer) ?? membership.member(peer)?.facts.role) === 'worker';
  }

  /** Resolves when enough machines hold the entry or `waitMs` passed. */
  wait(position: Position, waitMs: number): Promise<Stored> {
    const stored = this.#stored(position);
    if (this.#closed || stored.copies.length >= stored.wanted) return Promise.resolve(stored);
    return new Promise((resolve) => {
      const timer = this.#needs.clock.after(waitMs, () => this.#giveUp(waiter));
      const waiter: Waiter = { position, timer, resolve };
      this.#waiters.push(waiter);
    });
  }

  /** True as soon as `isEnough`, false after `waitMs`; asked now and at every check. */
  when(isEnough: () => boolean, waitMs: number): Promise<boolean> {
    if (this.#closed || isEnough()) return Promise.resolve(isEnough());
    return new Promise((resolve) => {
      const end = (enough: boolean): boolean => {
        timer.cancel();
        this.#watchers.delete(watcher);
        resolve(enough);
        return true;
      };
      const watcher = (): boolean => (this.#closed || isEnough()) && end(!this.#closed);
      const timer = this.#needs.clock.after(waitMs, () => end(false));
      this.#watchers.add(watcher);
    });
  }

  /** A peer told what it has, or a machine came or went. */
  check(): void {
    for (const watcher of [...this.#watchers]) watcher();
    const wanted = this.wanted();
    const counts = new Map<string, boolean>();
    this.#waiters = this.#waiters.filter((waiter) => {
      const { origin } = waiter.position;
      if (counts.get(origin) === false) return true;
      const copies = this.#copies(waiter.position);
      counts.set(origin, copies.length >= wanted);
      if (copies.length < wanted) return true;
      waiter.timer.cancel();
      waiter.resolve({ copies, wanted });
      return false;
    });
  }

  /** Nobody waits any longer. */
  close(): void {
    this.#closed = true;
    for (const watcher of [...this.#watchers]) watcher();
    for (const waiter of this.#waiters.slice()) this.#giveUp(waiter);
  }

  #giveUp(waiter: Waiter): void {
    waiter.timer.cancel();
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    waiter.resolve(this.#stored(waiter.position));
  }

  #stored(position: Position): Stored {
    return { copies: this.#copies(position), wanted: this.wanted() };
  }

  #copies({ origin, sequence }: Position): readonly HostId[] {
    return this.of(new Map([[origin, sequence]]));
  }
}
