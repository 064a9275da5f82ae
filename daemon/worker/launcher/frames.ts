/** What travels between daemon and launcher: a JSON header, optionally followed by raw bytes. Lengths are u32, big-endian. */

export interface Frame {
  readonly header: unknown;
  readonly bytes: Uint8Array;
}

const prefixBytes = 8;
/** Both ends are ours; anything larger is a defect, not a message. */
const mostBytes = 16 * 1024 * 1024;

export function encodeFrame(header: object, bytes: Uint8Array = new Uint8Array()): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(json.length, 0);
  prefix.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([prefix, json, bytes]);
}

/** Cuts a stream of bytes into frames, however it arrives. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** The frames completed by `bytes`. Throws when they cannot be frames. */
  read(bytes: Uint8Array): Frame[] {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    const frames: Frame[] = [];
    while (this.#held.length >= prefixBytes) {
      const jsonLength = this.#held.readUInt32BE(0);
      const bytesLength = this.#held.readUInt32BE(4);
      const end = prefixBytes + jsonLength + bytesLength;
      if (end > mostBytes) throw new Error(`a frame of ${end} bytes`);
      if (this.#held.length < end) break;
      const header: unknown = JSON.parse(this.#held.toString('utf8', prefixBytes, prefixBytes + jsonLength));
      frames.push({ header, bytes: this.#held.subarray(prefixBytes + jsonLength, end) });
      this.#held = this.#held.subarray(end);
    }
    return frames;
  }
}
