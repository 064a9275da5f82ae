/** Entries that come from peers: verified, stored many batches at a time, then folded. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Entry } from '../../src/model/facts.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { EntryLogs } from './entry-logs.ts';
import type { FactStore } from './journal.ts';
import type { Trouble } from './trouble.ts';
import { TentativeLogs, type Verdict, verifyEntries } from './verify-entries.ts';

interface Delivery {
  readonly from: NodeId;
  readonly entries: readonly Entry[];
  resolve(verdict: Verdict): void;
  reject(error: unknown): void;
}

export interface InboxNeeds {
  readonly store: FactStore;
  readonly logs: EntryLogs;
  /** This node's own origin: only it writes that log, so nothing is taken for it. */
  ownOrigin(): string;
  /** The entries are durable and in the logs. */
  landed(entries: readonly Entry[]): void;
  onTrouble(trouble: Trouble): void;
}

export class Inbox {
  readonly #needs: InboxNeeds;
  readonly #forked = new Set<string>();
  #deliveries: Delivery[] = [];
  #working: Promise<void> | undefined;

  constructor(needs: InboxNeeds) {
    this.#needs = needs;
  }

  /** Origins of which this node and some peer hold different logs. */
  get forked(): ReadonlySet<string> {
    return this.#forked;
  }

  /** Resolves when everything accepted is durable here; rejects when it cannot be stored. */
  take(from: NodeId, entries: readonly Entry[]): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      this.#deliveries.push({ from, entries, resolve, reject });
      if (this.#working === undefined) void this.#work();
    });
  }

  /** Resolves when nothing is being stored. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Reports each fork once. */
  reportFork(origin: string, sequence: number, peer: NodeId): void {
    if (this.#forked.has(origin)) return;
    this.#forked.add(origin);
    this.#needs.onTrouble({ type: 'fork', origin, sequence, peer });
  }

  async #work(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#working = promise;
    while (this.#deliveries.length > 0) await this.#storeAll(this.#deliveries.splice(0));
    this.#working = undefined;
    resolve();
  }

  async #storeAll(deliveries: readonly Delivery[]): Promise<void> {
    const { store, logs, ownOrigin, landed, onTrouble } = this.#needs;
    const own = ownOrigin();
    const tentative = new TentativeLogs(logs);
    const verdicts = deliveries.map(({ from, entries }) => {
      const verdict = verifyEntries(
        tentative,
        entries.filter((entry) => entry.origin !== own),
      );
      for (const [origin, sequence] of verdict.forks) this.reportFork(origin, sequence, from);
      return verdict;
    });
    const accepted = verdicts.flatMap((verdict) => verdict.accepted);
    try {
      if (accepted.length > 0) await store.append(accepted);
    } catch (error) {
      onTrouble({ type: 'store-failed', error });
      const refusal = error instanceof SupervmError ? error : new SupervmError('internal', 'the records cannot be stored', '', { cause: error });
      for (const delivery of deliveries) delivery.reject(refusal);
      return;
    }
    logs.add(accepted);
    landed(accepted);
    deliveries.forEach((delivery, index) => void delivery.resolve(verdicts[index] as Verdict));
  }
}
