/** What a daemon keeps of the network from one start to the next: its port, where peers were, and how often it started. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { NodeId } from '../src/model/job.ts';

interface Remembered {
  readonly port: number;
  /** Grows with every start, whatever the machine's clock says. */
  readonly incarnation: number;
  /** `host:port` of the node that let this one in. */
  readonly introducers: readonly string[];
  readonly book: { readonly [node: NodeId]: readonly string[] };
}

const nothing: Remembered = { port: 0, incarnation: 0, introducers: [], book: {} };

export interface NetworkMemory {
  readonly known: Remembered;
  /** Written at once, whole or not at all. Throws what the disk says, unless somebody else is told of it. */
  keep(changes: Partial<Remembered>): void;
}

/** A file that cannot be read is as good as none: everything in it can be learned again. `onProblem`: nor does it matter that it cannot be written. */
export function rememberNetwork(file: string, onProblem?: (error: unknown) => void): NetworkMemory {
  let known = read(file);
  return {
    get known() {
      return known;
    },
    keep(changes) {
      known = { ...known, ...changes };
      try {
        writeFileSync(`${file}.new`, JSON.stringify(known), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch (error) {
        if (onProblem === undefined) throw error;
        onProblem(error);
      }
    },
  };
}

function read(file: string): Remembered {
  try {
    const { port, incarnation, introducers, book } = { ...nothing, ...(JSON.parse(readFileSync(file, 'utf8')) as Partial<Remembered>) };
    return { port: whole(port), incarnation: whole(incarnation), introducers: texts(introducers), book: books(book) };
  } catch {
    return nothing;
  }
}

function whole(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : 0;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function books(value: unknown): Remembered['book'] {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([node, addresses]) => [node, texts(addresses)]));
}
