/**
 * What the thread of the heartbeats and the main loop tell each other without waking one another: 32-bit words in shared memory.
 * Times are the kernel's monotonic milliseconds, cut to 32 bits; their differences are right for 24 days.
 */

/** Peers at most; networks keep far fewer connections. */
export const places = 512;

const headWords = 8;
const placeWords = 8;

const head = { tickAt: 0, dueAt: 1, stoodStillMs: 2 } as const;
const place = { count: 0, arrivedAt: 1, promisedMs: 2, loopAgeMs: 3, heardAt: 4, isHeard: 5 } as const;

export type HeadWord = keyof typeof head;
export type PlaceWord = keyof typeof place;

export class BeatMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer((headWords + places * placeWords) * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  get(word: HeadWord): number {
    return Atomics.load(this.#words, head[word]);
  }

  set(word: HeadWord, value: number): void {
    Atomics.store(this.#words, head[word], value);
  }

  /** Reads a word and leaves zero. */
  take(word: HeadWord): number {
    return Atomics.exchange(this.#words, head[word], 0);
  }

  at(index: number, word: PlaceWord): number {
    return Atomics.load(this.#words, headWords + index * placeWords + place[word]);
  }

  put(index: number, word: PlaceWord, value: number): void {
    Atomics.store(this.#words, headWords + index * placeWords + place[word], value);
  }

  clear(index: number): void {
    const first = headWords + index * placeWords;
    for (let word = first; word < first + placeWords; word += 1) Atomics.store(this.#words, word, 0);
  }
}

/** Milliseconds from one cut time to another, negative when `to` is the earlier. */
export function elapsed(from: number, to: number): number {
  return (to - from) | 0;
}
