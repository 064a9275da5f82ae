/**
 * Takes the values of secrets out of what a task prints, however it comes: in pieces, with line ends in the middle, as JSON writes it.
 * Every byte is looked at a bounded number of times, whatever the values and the output are. What is encoded otherwise is not recognised.
 */

/** Of bytes; shorter values would be found everywhere. Told to people in the manual of `supervm secret`. */
const shortest = 4;
/** Lines of a value that are looked for by themselves, when it does not have more than so many. */
const shortestLine = 8;
const mostLines = 64;
const stars = Buffer.from('***');
const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/** Everything to look for, the longest first: a part of another must not spoil it. */
function patternsOf(values: readonly string[]): readonly Buffer[] {
  const lines = values.flatMap((value) => {
    const parts = value.split(/\r?\n/);
    return parts.length > 1 && parts.length <= mostLines ? parts.filter((line) => line.length >= shortestLine) : [];
  });
  const plain = [...values, ...lines];
  const texts = [...plain, ...plain.map((text) => JSON.stringify(text).slice(1, -1))].map((text) => text.replace(/[\r\n]/g, ''));
  const patterns = [...new Set(texts)].map((text) => Buffer.from(text)).filter((pattern) => pattern.length >= shortest);
  return patterns.sort((a, b) => b.length - a.length);
}

/** A stream of bytes on its way to a log. */
export class Mask {
  readonly #stages: readonly Stage[];

  constructor(values: readonly string[]) {
    this.#stages = patternsOf(values).map((pattern) => new Stage(pattern));
  }

  /** What can be shown by now; the beginning of what may be a value is kept back. */
  take(bytes: Uint8Array): Uint8Array {
    return this.#stages.reduce((left, stage) => stage.take(left), bytes);
  }

  /** What was kept back: nothing more comes. */
  end(): Uint8Array {
    let left: Uint8Array = Buffer.alloc(0);
    for (const stage of this.#stages) left = Buffer.concat([stage.take(left), stage.end()]);
    return left;
  }
}

/** One whole text. */
export function masked(values: readonly string[], text: string): string {
  if (values.length === 0) return text;
  const mask = new Mask(values);
  return Buffer.concat([mask.take(Buffer.from(text)), mask.end()]).toString();
}

/** Looks for one pattern, as Knuth, Morris and Pratt do, passing over line ends. */
class Stage {
  readonly #pattern: Buffer;
  /** By how much of the pattern was found: how much of it is left to hope for when the next byte is another. */
  readonly #fallback: readonly number[];
  #found = 0;
  /** What was found of the pattern, and line ends amid it; what is before `#shown` of it has been shown. */
  #held: number[] = [];
  #shown = 0;
  #out = new Bytes();

  constructor(pattern: Buffer) {
    this.#pattern = pattern;
    this.#fallback = fallbackOf(pattern);
  }

  take(bytes: Uint8Array): Uint8Array {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let place = 0; place < buffer.length; ) {
      if (this.#found === 0) {
        const first = buffer.indexOf(this.#pattern[0] as number, place);
        const end = first === -1 ? buffer.length : first;
        this.#out.add(buffer.subarray(place, end));
        place = end;
        if (first === -1) break;
      }
      this.#step(buffer[place] as number);
      place += 1;
    }
    return this.#out.given();
  }

  end(): Uint8Array {
    for (const byte of this.#held.slice(this.#shown)) this.#out.push(byte);
    this.#forget();
    return this.#out.given();
  }

  #step(byte: number): void {
    if (isLineEnd(byte)) {
      this.#held.push(byte);
      return;
    }
    while (this.#found > 0 && byte !== this.#pattern[this.#found]) this.#giveUp();
    if (byte !== this.#pattern[this.#found]) {
      this.#out.push(byte);
      return;
    }
    this.#held.push(byte);
    this.#found += 1;
    if (this.#found < this.#pattern.length) return;
    this.#out.add(stars);
    this.#forget();
  }

  /** The pattern does not begin where it seemed to: what is before the next hope of it can be shown. */
  #giveUp(): void {
    const left = this.#fallback[this.#found - 1] ?? 0;
    let characters = this.#found - left;
    while (this.#shown < this.#held.length) {
      const byte = this.#held[this.#shown] as number;
      if (characters === 0 && !isLineEnd(byte)) break;
      if (!isLineEnd(byte)) characters -= 1;
      this.#out.push(byte);
      this.#shown += 1;
    }
    this.#found = left;
    if (left === 0) this.#forget();
    else if (this.#shown > this.#held.length / 2) {
      this.#held = this.#held.slice(this.#shown);
      this.#shown = 0;
    }
  }

  #forget(): void {
    this.#held = [];
    this.#shown = 0;
    this.#found = 0;
  }
}

/** Grows as needed. */
class Bytes {
  #buffer = Buffer.allocUnsafe(1024);
  #end = 0;

  push(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#end] = byte;
    this.#end += 1;
  }

  add(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** All of it, a copy; then it is empty. */
  given(): Uint8Array {
    const given = Buffer.from(this.#buffer.subarray(0, this.#end));
    this.#end = 0;
    return given;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#end + more));
    larger.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = larger;
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn;
}

function fallbackOf(pattern: Buffer): readonly number[] {
  const fallback = [0];
  let length = 0;
  for (let place = 1; place < pattern.length; place += 1) {
    while (length > 0 && pattern[place] !== pattern[length]) length = fallback[length - 1] ?? 0;
    if (pattern[place] === pattern[length]) length += 1;
    fallback.push(length);
  }
  return fallback;
}
