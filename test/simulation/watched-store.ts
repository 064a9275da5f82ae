/** The simulated disk of facts, watched: which writes are under way when the power fails, and what really is on it. */
import type { FactStore } from '../../daemon/records/journal.ts';
import type { MemoryDisk, MemoryStore } from '../../daemon/records/memory-store.ts';
import type { Fact } from '../../src/model/facts.ts';

/** Delegates to `store`; `waiting` is told how many writes are not durable yet. */
export function watchWrites(store: MemoryStore, waiting: (count: number) => void): FactStore {
  let count = 0;
  const watch = <T>(write: Promise<T>): Promise<T> => {
    count += 1;
    waiting(count);
    return write.finally(() => {
      count -= 1;
      waiting(count);
    });
  };
  return {
    start: () => store.start(),
    stop: () => store.stop(),
    load: () => store.load(),
    append: (entries) => watch(store.append(entries)),
    collect: (tombstones) => watch(store.collect(tombstones)),
    saveTerm: (term) => watch(store.saveTerm(term)),
    saveSeat: (seat) => watch(store.saveSeat(seat)),
    renew: () => watch(store.renew()),
  };
}

/** What is on a disk, indexed as it grows. */
export class DiskContents {
  readonly #disk: MemoryDisk;
  readonly #facts = new Set<string>();
  readonly #read = new Map<string, number>();

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  has(fact: Fact): boolean {
    for (const [origin, log] of this.#disk.logs) {
      const from = this.#read.get(origin) ?? 0;
      for (const entry of log.slice(from)) this.#facts.add(textOf(entry.fact));
      this.#read.set(origin, log.length);
    }
    return this.#facts.has(textOf(fact));
  }
}

/** One text for one content: facts come back from disk and wire with their keys in any order. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
