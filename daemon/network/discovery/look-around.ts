/** What a machine without a cluster sees on its networks within a moment: doors at which it may knock, and clusters that it does not belong to. */
import type { networkInterfaces } from 'node:os';
import type { Clock } from '../../clock.ts';
import { interfaceAddresses } from './interface-addresses.ts';
import { readPairingRecord, readTextRecord } from './mdns-records.ts';
import type { MdnsSocket, OpenMdnsSocket } from './mdns-socket.ts';

export interface Surroundings {
  /** `host:port` of machines that look for newcomers, by cluster: the first 16 digits of what strangers may know of it. */
  readonly doors: ReadonlyMap<string, string>;
  /** All clusters that spoke, those with a door included. */
  readonly clusters: ReadonlySet<string>;
}

export interface LookAroundNeeds {
  readonly clock: Clock;
  readonly openSocket: OpenMdnsSocket;
  /** As `os.networkInterfaces`. */
  interfaces(): ReturnType<typeof networkInterfaces>;
}

/** A packet may be lost: asked twice. */
const askEveryMs = 700;
/** More are somebody's invention. */
const mostClusters = 16;

/** Resolves after `forMs`, at once when there is a door. */
export async function lookAround(forMs: number, { clock, openSocket, interfaces }: LookAroundNeeds): Promise<Surroundings> {
  const doors = new Map<string, string>();
  const clusters = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard = (record: Parameters<typeof readTextRecord>[0]): void => {
    const door = readPairingRecord(record);
    const cluster = door?.cluster ?? readTextRecord(record)?.cluster;
    if (cluster === undefined || (clusters.size >= mostClusters && !clusters.has(cluster))) return;
    clusters.add(cluster);
    if (door === undefined) return;
    doors.set(cluster, door.address);
    resolve();
  };
  const sockets: MdnsSocket[] = [];
  for (const address of interfaceAddresses(interfaces()).values()) {
    sockets.push(openSocket(address, { asked: () => undefined, heard, failed: () => undefined }));
  }
  const ask = (): void => sockets.forEach((socket) => void socket.query());
  ask();
  const timers = [clock.every(askEveryMs, ask), clock.after(forMs, resolve)];
  await promise;
  for (const timer of timers) timer.cancel();
  for (const socket of sockets) socket.close();
  return { doors, clusters };
}
