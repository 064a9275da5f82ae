/** How much a folder takes on its disk, what was deleted there but is still open included, counted in small portions so that nobody waits for a large one. */
import { lstatSync, opendirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { deletedFiles } from './deleted-files.ts';

const blockBytes = 512;
/** Longest portion (milliseconds), and the rest between two looks as a multiple of what a look has taken. */
const portionMs = 10;
const restTimes = 20;

export class FolderSize {
  readonly #folder: string;
  readonly #processes: () => readonly number[];
  #walk: Generator<number> | undefined;
  #sum = 0;
  #whole = 0;
  #took = 0;
  #restUntil = 0;

  /** `processes`: those that may hold what they have deleted; whatever they hold of the folder's disk counts. */
  constructor(folder: string, processes: () => readonly number[] = () => []) {
    this.#folder = folder;
    this.#processes = processes;
  }

  /** Bytes as far as they are known: of the last whole look, or already more in this one. */
  look(): number {
    const begun = performance.now();
    if (this.#walk === undefined && begun < this.#restUntil) return this.#whole;
    this.#walk ??= this.#sizes();
    const isOver = this.#advance(this.#walk, begun + portionMs);
    const now = performance.now();
    this.#took += now - begun;
    if (!isOver) return Math.max(this.#whole, this.#sum);
    this.#whole = this.#sum;
    this.#restUntil = now + restTimes * this.#took;
    this.#begin();
    return this.#whole;
  }

  /** A whole look from the beginning, as far as one gets in `ms`. */
  lookNow(ms: number): number {
    this.#begin();
    this.#walk = this.#sizes();
    if (this.#advance(this.#walk, performance.now() + ms)) this.#whole = this.#sum;
    const counted = this.#sum;
    this.#begin();
    return counted;
  }

  *#sizes(): Generator<number> {
    const seen = new Set<string>();
    const device = statOf(this.#folder)?.dev;
    if (device !== undefined) for (const file of deletedFiles(this.#processes(), device, seen)) yield (file?.blocks ?? 0) * blockBytes;
    yield* sizes(this.#folder, seen);
  }

  #begin(): void {
    this.#walk = undefined;
    this.#sum = 0;
    this.#took = 0;
  }

  #advance(walk: Generator<number>, until: number): boolean {
    // Not `for of`, which would end the walk with the portion.
    for (let next = walk.next(); next.done !== true; next = walk.next()) {
      this.#sum += next.value;
      if (performance.now() > until) return false;
    }
    return true;
  }
}

/** No link is followed; a file with several names counts once. */
function* sizes(folder: string, seen: Set<string>): Generator<number> {
  const open = [folder];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    for (const { path, isFolder } of entriesOf(place)) {
      const stat = statOf(path);
      if (isFolder) open.push(path);
      if (stat === undefined) continue;
      if (stat.nlink > 1 && !isFolder) {
        const name = `${stat.dev}/${stat.ino}`;
        if (seen.has(name)) continue;
        seen.add(name);
      }
      yield stat.blocks * blockBytes;
    }
  }
}

/** One by one: a folder may hold a million. */
function* entriesOf(folder: string): Generator<{ readonly path: string; readonly isFolder: boolean }> {
  try {
    const opened = opendirSync(folder);
    try {
      for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) yield { path: join(folder, entry.name), isFolder: entry.isDirectory() };
    } finally {
      opened.closeSync();
    }
  } catch {
    // It was removed meanwhile.
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
