/** Which entries of a peer continue the logs held here. Pure: what is accepted becomes part of the logs only once it is durable. */
import type { Entry } from '../../src/model/facts.ts';
import type { Digest } from '../../src/model/job.ts';
import { type EntryLogs, entryDigest } from './entry-logs.ts';

export interface Verdict {
  readonly accepted: readonly Entry[];
  /** Origins of which predecessors are missing here. */
  readonly gaps: ReadonlySet<string>;
  /** Origins whose log is a different one here: the same sequence with another content. */
  readonly forks: ReadonlyMap<string, number>;
}

/** Logs held, continued by what is on its way to the disk. */
export class TentativeLogs {
  readonly #logs: EntryLogs;
  /** Digests of entries accepted but not durable yet, by origin, the first one being the log's next. */
  readonly #digests = new Map<string, Digest[]>();

  constructor(logs: EntryLogs) {
    this.#logs = logs;
  }

  sequence(origin: string): number {
    return this.#logs.sequence(origin) + (this.#digests.get(origin)?.length ?? 0);
  }

  digestAt(origin: string, sequence: number): Digest | undefined {
    const held = this.#logs.sequence(origin);
    return sequence <= held ? this.#logs.digestAt(origin, sequence) : this.#digests.get(origin)?.[sequence - held - 1];
  }

  accept(entry: Entry, digest: Digest): void {
    const digests = this.#digests.get(entry.origin) ?? [];
    digests.push(digest);
    this.#digests.set(entry.origin, digests);
  }
}

/** `entries` in the order of their logs; those of a forked origin are refused from the fork on. */
export function verifyEntries(logs: TentativeLogs, entries: readonly Entry[]): Verdict {
  const accepted: Entry[] = [];
  const gaps = new Set<string>();
  const forks = new Map<string, number>();
  for (const entry of entries) {
    const { origin, sequence, previous } = entry;
    if (forks.has(origin) || gaps.has(origin)) continue;
    const held = logs.sequence(origin);
    if (sequence > held + 1) {
      gaps.add(origin);
      continue;
    }
    const digest = entryDigest(entry);
    if (sequence <= held ? logs.digestAt(origin, sequence) !== digest : logs.digestAt(origin, held) !== previous) {
      forks.set(origin, sequence);
    } else if (sequence > held) {
      logs.accept(entry, digest);
      accepted.push(entry);
    }
  }
  return { accepted, gaps, forks };
}
