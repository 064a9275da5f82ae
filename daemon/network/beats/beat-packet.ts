/**
 * A heartbeat on the wire: 32 bytes, the last 16 of them a seal (HMAC-SHA256, cut) over the others. Both keys of a pair are drawn for
 * one connection and told in its hello, which noise encrypts; with the sequence number no packet counts twice.
 *
 *     0 version  1 flags  2 interval ms  4 slot  8 sequence (48 bits)  14 age of the main loop ms  16 seal
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

export const packetBytes = 32;
export const keyBytes = 32;

const version = 1;
const sealedBytes = 16;
const hearsFlag = 1;
const asksFlag = 2;
const longest16 = 0xffff;

export interface BeatPacket {
  /** Drawn by the receiver: says whose key seals this packet, before anything is computed. */
  readonly slot: number;
  readonly sequence: number;
  /** Milliseconds until the next beat; 0: no promise, only an answer. */
  readonly intervalMs: number;
  /** Milliseconds since the sender's main loop turned. */
  readonly loopAgeMs: number;
  /** The receiver's own beats arrive at the sender. */
  readonly hears: boolean;
  /** The sender misses the receiver's beats and wants one now. */
  readonly asks: boolean;
}

function sealOf(packet: Buffer, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(packet.subarray(0, sealedBytes)).digest().subarray(0, sealedBytes);
}

export function encodeBeat(beat: BeatPacket, key: KeyObject): Buffer {
  const packet = Buffer.alloc(packetBytes);
  packet[0] = version;
  packet[1] = (beat.hears ? hearsFlag : 0) | (beat.asks ? asksFlag : 0);
  packet.writeUInt16BE(Math.min(longest16, Math.max(0, Math.round(beat.intervalMs))), 2);
  packet.writeUInt32BE(beat.slot, 4);
  packet.writeUIntBE(beat.sequence, 8, 6);
  packet.writeUInt16BE(Math.min(longest16, Math.max(0, Math.round(beat.loopAgeMs))), 14);
  sealOf(packet, key).copy(packet, sealedBytes);
  return packet;
}

/** Which slot a packet is for; undefined for what cannot be a beat. Costs next to nothing. */
export function slotOf(packet: Buffer): number | undefined {
  return packet.length === packetBytes && packet[0] === version ? packet.readUInt32BE(4) : undefined;
}

/** Counts up within the life of a key. Not proven yet. */
export function sequenceOf(packet: Buffer): number {
  return packet.readUIntBE(8, 6);
}

/** What a packet of the right shape says; undefined when its seal is not made with this key. */
export function openBeat(packet: Buffer, key: KeyObject): BeatPacket | undefined {
  if (!timingSafeEqual(sealOf(packet, key), packet.subarray(sealedBytes, packetBytes))) return undefined;
  const flags = packet[1] ?? 0;
  return {
    slot: packet.readUInt32BE(4),
    sequence: sequenceOf(packet),
    intervalMs: packet.readUInt16BE(2),
    loopAgeMs: packet.readUInt16BE(14),
    hears: (flags & hearsFlag) !== 0,
    asks: (flags & asksFlag) !== 0,
  };
}
