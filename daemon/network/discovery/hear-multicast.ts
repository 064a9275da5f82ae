/** Tries multicast DNS on every interface, for `supervm doctor`: does what this machine sends get out and come in, and who else is there? */
import type { networkInterfaces } from 'node:os';
import type { Clock, Randomness } from '../../clock.ts';
import { interfaceAddresses } from './interface-addresses.ts';
import { type Announcement, readTextRecord, serviceName, type TextRecord } from './mdns-records.ts';
import type { MdnsSocket, OpenMdnsSocket } from './mdns-socket.ts';

export interface HearMulticastNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly openSocket: OpenMdnsSocket;
  /** As `os.networkInterfaces`. */
  interfaces(): ReturnType<typeof networkInterfaces>;
}

export interface Hearing {
  readonly name: string;
  readonly address: string;
  readonly heardItself: boolean;
  readonly problem?: string;
}

/** A lost packet is no deafness, and nodes answer at most once a second. */
const sendAtMs = [0, 250, 1050];
const mostSightings = 256;

interface Trial {
  readonly name: string;
  readonly address: string;
  /** Recognised by nobody but us: others read only records that name a cluster. */
  readonly record: TextRecord;
  socket: MdnsSocket | undefined;
  heardItself: boolean;
  problem: string | undefined;
}

/**
 * Listens for `listenMs`. Whatever the kernel sends by multicast it also gives back to this machine, through the same filters: an interface
 * that does not hear itself is cut off by one. Which interface a packet came by shows its name, because each sends a name of its own.
 */
export async function hearMulticast(
  listenMs: number,
  needs: HearMulticastNeeds,
): Promise<{ readonly interfaces: readonly Hearing[]; readonly sightings: readonly Announcement[] }> {
  const sightings = new Map<string, Announcement>();
  const trials = [...interfaceAddresses(needs.interfaces())].map(([key, address]) => trialOf(key.split(' ')[0] ?? key, address, needs.randomness));
  const byRecord = new Map(trials.map((trial) => [trial.record.name, trial]));
  const heard = (record: Parameters<typeof readTextRecord>[0]): void => {
    const own = typeof record.name === 'string' ? byRecord.get(record.name) : undefined;
    if (own !== undefined) own.heardItself = true;
    const sighting = readTextRecord(record);
    if (sighting !== undefined && sightings.size < mostSightings) sightings.set(`${sighting.cluster} ${sighting.node} ${sighting.address}`, sighting);
  };
  for (const trial of trials) open(trial, heard, needs.openSocket);
  const timers = sendAtMs
    .filter((at) => at < listenMs)
    .map((at) =>
      needs.clock.after(at, () => {
        for (const { socket, record } of trials) {
          socket?.announce(record);
          socket?.query();
        }
      }),
    );
  await new Promise<void>((resolve) => needs.clock.after(listenMs, resolve));
  for (const timer of timers) timer.cancel();
  for (const { socket } of trials) socket?.close();
  return { interfaces: trials.map(resultOf), sightings: [...sightings.values()] };
}

function trialOf(name: string, address: string, randomness: Randomness): Trial {
  const label = `doctor-${randomness.hex(8)}`;
  // Nothing that anybody should remember.
  const record: TextRecord = { name: `${label}.${serviceName}`, type: 'TXT', ttl: 0, data: ['d=1'] };
  return { name, address, record, socket: undefined, heardItself: false, problem: undefined };
}

function open(trial: Trial, heard: (record: Parameters<typeof readTextRecord>[0]) => void, openSocket: OpenMdnsSocket): void {
  const fail = (error: Error): void => {
    trial.problem ??= error.message;
  };
  try {
    trial.socket = openSocket(trial.address, { heard, asked: () => undefined, failed: fail });
  } catch (error) {
    fail(error as Error);
  }
}

function resultOf({ name, address, heardItself, problem }: Trial): Hearing {
  return { name, address, heardItself, ...(problem === undefined ? {} : { problem }) };
}
