/** A frame: u32 length of what follows, u8 type, u32 id, body; numbers are big-endian. */
import { maximumFrameBytes } from './protocols.ts';

export const frameTypes = { message: 0, request: 1, reply: 2, refusal: 3 } as const;

export interface Frame {
  /** One of `frameTypes`; a receiver ignores a type it does not know. */
  readonly type: number;
  /** Pairs a reply with its request; 0 in a message. */
  readonly id: number;
  readonly body: Uint8Array;
}

const lengthBytes = 4;
const headerBytes = 9;

/** Bytes the frame takes on the wire. */
export function frameSize(frame: Frame): number {
  return headerBytes + frame.body.length;
}

/** All frames in one piece, for one write. */
export function encodeFrames(frames: readonly Frame[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frameSize(frame), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const frame of frames) {
    const size = frameSize(frame);
    view.setUint32(at, size - lengthBytes);
    view.setUint8(at + lengthBytes, frame.type);
    view.setUint32(at + lengthBytes + 1, frame.id);
    bytes.set(frame.body, at + headerBytes);
    at += size;
  }
  return bytes;
}

export interface FrameDecoder {
  /** Takes the next chunk, cut anywhere, and returns the frames it completes. Throws on a length that is not allowed; the stream is lost then. */
  push(chunk: Uint8Array): Frame[];
}

/** `maximumBytes` limits one frame, header included; at most that much is ever held back. */
export function createFrameDecoder(maximumBytes = maximumFrameBytes): FrameDecoder {
  let chunks: Uint8Array[] = [];
  let held = 0;
  /** Bytes to wait for before looking again: joining on every chunk would copy a large frame many times. */
  let wanted = headerBytes;
  return {
    push(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      if (held < wanted) return [];
      const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, held);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const frames: Frame[] = [];
      let at = 0;
      wanted = headerBytes;
      while (bytes.length - at >= headerBytes) {
        const size = lengthBytes + view.getUint32(at);
        if (size < headerBytes || size > maximumBytes) throw new RangeError(`a frame of ${size} bytes is not allowed (limit ${maximumBytes})`);
        if (bytes.length - at < size) {
          wanted = size;
          break;
        }
        frames.push({ type: view.getUint8(at + 4), id: view.getUint32(at + 5), body: bytes.slice(at + headerBytes, at + size) });
        at += size;
      }
      held = bytes.length - at;
      chunks = held === 0 ? [] : [bytes.slice(at)];
      return frames;
    },
  };
}
