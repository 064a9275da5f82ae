/** Nothing a session has to say is longer. Measured in bytes, of which damaged text becomes three each: with its header it still fits a frame. */
const longestLine = 4 * 1024 * 1024;
const lineFeed = 0x0a;

/** Cuts a stream of bytes into lines, however it arrives. */
export class LineReader {
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** The lines completed by `bytes`. Throws when a line is beyond all measure. */
  read(bytes: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
      this.#hold(bytes.subarray(start, end));
      lines.push(Buffer.concat(this.#held).toString());
      this.#held = [];
      this.#heldBytes = 0;
      start = end + 1;
    }
    // A copy: what was given is the caller's.
    if (start < bytes.length) this.#hold(Uint8Array.from(bytes.subarray(start)));
    return lines;
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > longestLine) throw new Error('a line beyond all measure');
    this.#held.push(bytes);
  }
}
