/** What really is on a simulated disk of facts: what claims about copies are held against. */
import type { MemoryDisk } from '../../daemon/records/memory-store.ts';
import type { ClusterFact } from '../../src/model/cluster-facts.ts';
import type { Fact } from '../../src/model/facts.ts';

/** The facts on a disk, indexed as it grows. */
export class DiskContents {
  readonly #disk: MemoryDisk;
  readonly #facts = new Set<string>();
  readonly #read = new Map<string, number>();

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  has(fact: Fact | ClusterFact): boolean {
    for (const [origin, log] of this.#disk.logs) {
      const from = this.#read.get(origin) ?? 0;
      if (from === log.length) continue;
      for (let place = from; place < log.length; place += 1) this.#facts.add(textOf((log[place] as { readonly fact: unknown }).fact));
      this.#read.set(origin, log.length);
    }
    return this.#facts.has(textOf(fact));
  }

  /** The disk holds something else now. */
  forget(): void {
    this.#facts.clear();
    this.#read.clear();
  }
}

const texts = new WeakMap<object, string>();

/** One text for one content: facts come back from disk and wire with their keys in any order. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = orderedText(value);
  texts.set(value, text);
  return text;
}

function orderedText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(orderedText).join(',')}]`;
  const object = value as { readonly [key: string]: unknown };
  const keys = Object.keys(object).sort();
  return `{${keys.map((key) => `"${key}":${orderedText(object[key])}`).join(',')}}`;
}
