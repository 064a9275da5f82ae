/** Nothing a session has to say is longer; with its header it fits a frame. */
const longestLine = 8 * 1024 * 1024;

/** Cuts a stream of bytes into lines, however it arrives. */
export class LineReader {
  readonly #decoder = new TextDecoder();
  #held = '';

  /** The lines completed by `bytes`. Throws when a line is beyond all measure. */
  read(bytes: Uint8Array): readonly string[] {
    const lines = (this.#held + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#held = lines.pop() ?? '';
    if ([this.#held, ...lines].some((line) => line.length > longestLine)) throw new Error('a line beyond all measure');
    return lines;
  }
}
