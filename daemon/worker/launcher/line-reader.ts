/** Nothing a session has to say is longer. Measured in bytes, of which damaged text becomes three each: with its header it still fits a frame. */
const longestLine = 4 * 1024 * 1024;
const lineFeed = 0x0a;
/** Room that is kept between lines. */
const smallBytes = 64 * 1024;

/** Cuts a stream of bytes into lines, however it arrives: a line that comes byte by byte takes no more memory than at once. */
export class LineReader {
  #held = Buffer.alloc(0);
  #heldBytes = 0;

  /** The lines completed by `bytes`. Throws when a line is beyond all measure. */
  read(bytes: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
      this.#hold(bytes.subarray(start, end));
      lines.push(this.#held.toString('utf8', 0, this.#heldBytes));
      this.#heldBytes = 0;
      if (this.#held.length > smallBytes) this.#held = Buffer.alloc(0);
      start = end + 1;
    }
    // A copy: what was given is the caller's.
    if (start < bytes.length) this.#hold(bytes.subarray(start));
    return lines;
  }

  #hold(bytes: Uint8Array): void {
    const needed = this.#heldBytes + bytes.length;
    if (needed > longestLine) throw new Error('a line beyond all measure');
    if (needed > this.#held.length) {
      const larger = Buffer.alloc(Math.min(longestLine, Math.max(needed, 2 * this.#held.length)));
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = needed;
  }
}
