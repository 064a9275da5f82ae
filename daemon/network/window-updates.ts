/**
 * After every message yamux tells the sender how much room there is again: a frame of its own to encrypt, write, read and
 * decrypt, so that a heartbeat costs twice what it must. A quarter of the window is soon enough, the sender has the rest. And none is told of
 * while the sender is over its limits: then it has to wait, as for a slow reader.
 */
import type { Clock } from '../clock.ts';
import type { Stream } from './libp2p-types.ts';

/** Of a yamux stream, besides what libp2p says of every stream. */
interface Windowed {
  /** Bytes that the sender may have under way. */
  readonly recvWindow: number;
  /** Bytes of it that are left. */
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

/**
 * For an established stream that is read; a stream of another kind stays as it is.
 * @param owedMs for how long the sender gets no more room
 */
export function tellRoomSeldom(stream: Stream, clock: Pick<Clock, 'after'>, owedMs: () => number): void {
  if (!isWindowed(stream)) return;
  const tell = stream.sendWindowUpdate.bind(stream);
  let isWaiting = false;
  stream.sendWindowUpdate = () => {
    if (isWaiting || stream.recvWindow - stream.recvWindowCapacity < stream.recvWindow / 4) return;
    const pauseMs = owedMs();
    if (pauseMs <= 0) {
      tell();
      return;
    }
    isWaiting = true;
    clock.after(pauseMs, () => {
      isWaiting = false;
      if (stream.status === 'open') stream.sendWindowUpdate();
    });
  };
}

function isWindowed(stream: object): stream is Windowed {
  return 'recvWindow' in stream && 'recvWindowCapacity' in stream && 'sendWindowUpdate' in stream;
}
