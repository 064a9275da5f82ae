/** Reads forward through bytes that arrive in pieces. */
export interface ByteStream {
  /** The next piece, never empty; `undefined` at the end. */
  next(): Promise<Buffer | undefined>;
  /** Jumps over bytes without reading them; false where that is not possible or would pass the end. */
  jump?(bytes: number): boolean;
  close(): Promise<void>;
}

export class TruncatedError extends Error {
  override readonly name = 'TruncatedError';
}

export class ByteReader {
  readonly #stream: ByteStream;
  #piece: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  async #advance(): Promise<boolean> {
    const piece = await this.#stream.next();
    this.#piece = piece ?? Buffer.alloc(0);
    this.#offset = 0;
    return piece !== undefined;
  }

  async atEnd(): Promise<boolean> {
    return this.#offset === this.#piece.length && !(await this.#advance());
  }

  /** The same when they are there already: most are, and a wait for each of a million blocks takes longer than reading them. */
  takeNow(bytes: number): Buffer | undefined {
    if (this.#piece.length - this.#offset < bytes) return undefined;
    this.#offset += bytes;
    return this.#piece.subarray(this.#offset - bytes, this.#offset);
  }

  skipNow(bytes: number): boolean {
    if (this.#piece.length - this.#offset < bytes) return false;
    this.#offset += bytes;
    return true;
  }

  /** Exactly `bytes` bytes, valid until the next call. Throws TruncatedError when the stream ends before. */
  async take(bytes: number): Promise<Buffer> {
    const there = this.takeNow(bytes);
    if (there !== undefined) return there;
    const parts: Buffer[] = [];
    let missing = bytes;
    while (missing > 0) {
      if (await this.atEnd()) throw new TruncatedError(`${missing} bytes are missing`);
      const part = this.#piece.subarray(this.#offset, this.#offset + missing);
      this.#offset += part.length;
      missing -= part.length;
      parts.push(part);
    }
    return Buffer.concat(parts, bytes);
  }

  /** Throws TruncatedError when fewer bytes are left. */
  async skip(bytes: number): Promise<void> {
    let missing = bytes;
    while (missing > 0) {
      const here = Math.min(missing, this.#piece.length - this.#offset);
      this.#offset += here;
      missing -= here;
      if (missing === 0 || this.#stream.jump?.(missing) === true) return;
      if (await this.atEnd()) throw new TruncatedError(`${missing} bytes are missing`);
    }
  }

  close(): Promise<void> {
    return this.#stream.close();
  }
}
