/**
 * Multicast DNS on every interface, each with a socket of its own, so that it also works without a default route. Nodes ask
 * when they start and tell about themselves now and then: traffic grows with the number of nodes, not with its square.
 */
import type { networkInterfaces } from 'node:os';
import type { NodeId } from '../../../src/model/job.ts';
import type { Clock, Timer } from '../../clock.ts';
import type { DiscoverySource, Found } from './discovery-source.ts';
import { interfaceAddresses } from './interface-addresses.ts';
import { readTextRecord, textRecord } from './mdns-records.ts';
import type { MdnsSocket, OpenMdnsSocket } from './mdns-socket.ts';

export interface MdnsOptions {
  readonly self: NodeId;
  /** Hexadecimal; its first 16 digits are announced. */
  readonly clusterHash: string;
}

export interface MdnsNeeds {
  readonly clock: Clock;
  readonly openSocket: OpenMdnsSocket;
  /** As `os.networkInterfaces`. */
  interfaces(): ReturnType<typeof networkInterfaces>;
  /** Where this node may be reached now, `host:port`. */
  addresses(): readonly string[];
  problem?(interfaceAddress: string, reason: string): void;
}

/** When to ask after start, and after an interface came; a lost packet must not cost half a minute. */
const askAtMs = [0, 1000, 3000];
const announceMs = 60_000;
const rescanMs = 10_000;
/** At most one answer an interface in this time: answers are multicast, one serves all who asked. */
const answerPauseMs = 1000;
/** One sighting of one address in this time is enough. */
const repeatMs = 5000;
/** Distinct sightings remembered: beyond it somebody is making them up. */
const maximumSightings = 512;

interface Listening {
  readonly socket: MdnsSocket;
  readonly address: string;
  readonly timers: Timer[];
  answeredAt: number;
}

export function createMdns(options: MdnsOptions, needs: MdnsNeeds): DiscoverySource {
  const cluster = options.clusterHash.slice(0, 16);
  const open = new Map<string, Listening>();
  const seen = new Map<string, number>();
  const timers: Timer[] = [];
  /** Sockets that failed before: they are tried again at every scan, and reported once. */
  const failedBefore = new Set<string>();
  let report: Found = () => undefined;

  const announce = (own: Listening): void => {
    const address = needs.addresses().find((text) => text.startsWith(`${own.address}:`));
    own.answeredAt = needs.clock.now();
    if (address !== undefined) own.socket.announce(textRecord({ cluster, node: options.self, address }));
  };
  const heard = (record: Parameters<typeof readTextRecord>[0]): void => {
    const sighting = readTextRecord(record);
    if (sighting === undefined || sighting.cluster !== cluster) return;
    // Own words come back; those of a copy of this node lead elsewhere.
    if (sighting.node === options.self && needs.addresses().includes(sighting.address)) return;
    const key = `${sighting.node} ${sighting.address}`;
    const now = needs.clock.now();
    if (now - (seen.get(key) ?? Number.NEGATIVE_INFINITY) < repeatMs) return;
    if (!seen.has(key) && seen.size >= maximumSightings) forget(seen, now - announceMs);
    if (seen.size >= maximumSightings) return;
    seen.set(key, now);
    report(sighting.address, sighting.node);
  };
  const close = (key: string): void => {
    const own = open.get(key);
    open.delete(key);
    for (const timer of own?.timers ?? []) timer.cancel();
    own?.socket.close();
  };
  const listen = (key: string, address: string): void => {
    const socket = needs.openSocket(address, {
      heard,
      asked() {
        const own = open.get(key);
        const now = needs.clock.now();
        if (own !== undefined && now - own.answeredAt >= answerPauseMs) announce(own);
      },
      failed(error) {
        if (!failedBefore.has(key)) needs.problem?.(address, error.message);
        failedBefore.add(key);
        close(key);
      },
    });
    const own: Listening = { socket, address, timers: [], answeredAt: Number.NEGATIVE_INFINITY };
    open.set(key, own);
    for (const delay of askAtMs) {
      own.timers.push(
        needs.clock.after(delay, () => {
          socket.query();
          announce(own);
        }),
      );
    }
  };
  const scan = (): void => {
    const wanted = interfaceAddresses(needs.interfaces());
    for (const key of [...open.keys()]) if (!wanted.has(key)) close(key);
    for (const [key, address] of wanted) if (!open.has(key)) listen(key, address);
  };
  return {
    start(found) {
      report = found;
      scan();
      timers.push(needs.clock.every(rescanMs, scan));
      timers.push(needs.clock.every(announceMs, () => [...open.values()].forEach(announce)));
    },
    stop() {
      for (const timer of timers) timer.cancel();
      for (const key of [...open.keys()]) close(key);
    },
  };
}

function forget(seen: Map<string, number>, before: number): void {
  for (const [key, at] of seen) if (at < before) seen.delete(key);
}
