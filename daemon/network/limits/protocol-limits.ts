/**
 * How much one peer may say on each protocol. Far above what honest nodes do, for these limits must never be felt: they keep a peer that is
 * broken or lies from taking this node's processor and memory. The largest frame of each protocol stands with the protocol itself.
 */
import type { Pace } from '../../wire/token-bucket.ts';

export interface ProtocolLimits {
  /** Frames that nobody here asked for: messages, requests, replies without a request. */
  readonly messages: Pace;
  /** Bytes of these frames. */
  readonly bytes: Pace;
  /** Requests of the peer that are being answered at one time; more are refused. */
  readonly requests: number;
}

const MiB = 1024 * 1024;

/** By the protocol's id, so that a peer meets the same limits in every version. test/daemon/network/limits proves that none is missing. */
export const protocolLimits: { readonly [protocol: string]: ProtocolLimits } = {
  // Pings of a silent link, and what comes once a connection.
  '/supervm/hello/1': { messages: { perSecond: 20, burst: 200 }, bytes: { perSecond: MiB / 4, burst: MiB }, requests: 0 },
  // Heartbeats where UDP does not pass, and batches of records ten times a second.
  '/supervm/membership/1': { messages: { perSecond: 200, burst: 2_000 }, bytes: { perSecond: 16 * MiB, burst: 64 * MiB }, requests: 0 },
  '/supervm/election/1': { messages: { perSecond: 200, burst: 2_000 }, bytes: { perSecond: MiB, burst: 8 * MiB }, requests: 64 },
  // Pushes of whoever submits thousands of jobs, and pulls of a node that comes back after a month.
  '/supervm/records/1': { messages: { perSecond: 4_000, burst: 20_000 }, bytes: { perSecond: 128 * MiB, burst: 256 * MiB }, requests: 512 },
  '/supervm/reminders/1': { messages: { perSecond: 20, burst: 200 }, bytes: { perSecond: MiB, burst: 4 * MiB }, requests: 8 },
  '/supervm/work/1': { messages: { perSecond: 500, burst: 5_000 }, bytes: { perSecond: 32 * MiB, burst: 128 * MiB }, requests: 64 },
  // A worker offers all it holds at once to a new coordinator; whoever looks at a job asks.
  '/supervm/coordination/1': { messages: { perSecond: 2_000, burst: 10_000 }, bytes: { perSecond: 64 * MiB, burst: 256 * MiB }, requests: 512 },
  // A request for each piece, and for each small file.
  '/supervm/blobs/1': { messages: { perSecond: 10_000, burst: 20_000 }, bytes: { perSecond: 16 * MiB, burst: 64 * MiB }, requests: 128 },
  '/supervm/logs/1': { messages: { perSecond: 200, burst: 2_000 }, bytes: { perSecond: MiB, burst: 8 * MiB }, requests: 32 },
  '/supervm/upkeep/1': { messages: { perSecond: 50, burst: 500 }, bytes: { perSecond: MiB, burst: 8 * MiB }, requests: 16 },
  '/supervm/peer-checks/1': { messages: { perSecond: 20, burst: 200 }, bytes: { perSecond: MiB / 4, burst: MiB }, requests: 8 },
  '/supervm/machines/1': { messages: { perSecond: 20, burst: 200 }, bytes: { perSecond: MiB / 4, burst: MiB }, requests: 8 },
  '/supervm/node-control/1': { messages: { perSecond: 20, burst: 200 }, bytes: { perSecond: MiB / 4, burst: MiB }, requests: 16 },
};

/** Of a protocol that the table does not name. */
export const usualLimits: ProtocolLimits = { messages: { perSecond: 200, burst: 2_000 }, bytes: { perSecond: 8 * MiB, burst: 32 * MiB }, requests: 64 };

export function limitsOf(protocol: string): ProtocolLimits {
  return protocolLimits[protocol] ?? usualLimits;
}
