/** What a memory network may do wrong. All of it is drawn from the injected randomness, so a seed replays it. */
import type { NodeId } from '../../src/model/job.ts';

export interface MemoryFaults {
  /** Milliseconds a frame takes; asked once a frame. Frames of one direction never overtake each other. Default: 1. */
  latencyMs?(from: NodeId, to: NodeId): number;
  /** Share of frames that are lost together with their connection; the network reconnects at once. */
  readonly resetFraction?: number;
  /** Share of frames lost in silence. The contract of Messenger forbids it (a stream loses nothing): only to see who survives it all the same. */
  readonly dropFraction?: number;
  /** Share of requests delivered twice, as when a requester that saw a time-out asks again. */
  readonly duplicateFraction?: number;
  /** A connection whose link stays blocked this long closes (TCP gives up). Default: 13 000 ms, as measured. */
  readonly breakAfterMs?: number;
  /** Pause between two attempts to connect after `disconnected`. Default: 1 000 ms. */
  readonly redialMs?: number;
}

/** How often each thing happened: a simulation proves with it that its faults bite. */
export interface MemoryCounts {
  delivered: number;
  /** Lost in silence. */
  dropped: number;
  duplicated: number;
  /** Connections that broke and were tried again at once. */
  resets: number;
  /** Frames that waited for a blocked link. */
  held: number;
  /** Connections closed for good: crash, stop, long block, violation. */
  closed: number;
}

export function noCounts(): MemoryCounts {
  return { delivered: 0, dropped: 0, duplicated: 0, resets: 0, held: 0, closed: 0 };
}
