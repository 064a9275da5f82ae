/** What several examinations ask of this machine, each thing once. */
import { networkInterfaces } from 'node:os';
import type { StatusView } from '../../api/views.ts';
import type { HomeLook, MachineChecks, MulticastHearing } from '../../settings/daemon-checks.ts';
import type { DaemonSettings } from '../../settings/daemon-settings.ts';
import type { Paths } from '../../settings/paths.ts';
import { programFile } from '../../settings/program-files.ts';
import { addressNumber, prefixRange } from './firewall/packet-filter.ts';
import { absentDaemon, askDaemon, type DaemonSays } from './readers/ask-daemon.ts';
import type { DiskTelling } from './readers/disk-words.ts';
import { readText } from './readers/files.ts';
import { type LockHolder, lockHolder } from './readers/lock-holder.ts';
import { type FilterReading, readPacketFilter } from './readers/packet-filter.ts';
import { type System, systemOf } from './system.ts';

/** Nodes answer at most once a second. */
const listenMs = 1400;

export interface Machine {
  readonly paths: Paths;
  readonly userId: number;
  readonly user: string;
  readonly system: System;
  readonly settings: Pick<DaemonSettings, 'listen' | 'discovery' | 'without' | 'http'>;
  /** Undefined where its disk does not answer: then nothing touches it. */
  readonly home: HomeLook | undefined;
  /** Tells the rest of the home folder's disk, as it comes. */
  readonly disk: DiskTelling;
  readonly holder: LockHolder;
  readonly interfaces: readonly { readonly name: string; readonly address: string; readonly internal: boolean; readonly range: readonly [number, number] }[];
  daemon(): Promise<DaemonSays>;
  checks(): Promise<MachineChecks>;
  hearing(): Promise<MulticastHearing>;
  filter(): Promise<FilterReading>;
  /** Where other nodes connect to. */
  peerPort(): Promise<number>;
}

export function openMachine(
  context: { readonly paths: Paths; readonly environment: { readonly userId: number; readonly userName: string } },
  { settings, home, disk }: Pick<Machine, 'settings' | 'home' | 'disk'>,
): Machine {
  const { paths, environment } = context;
  const osRelease = readText('/etc/os-release') ?? readText('/usr/lib/os-release');
  const checks = once(async () => (await import(programFile('daemon/checks.ts'))) as MachineChecks);
  const daemon = once(async () => (home === undefined ? absentDaemon() : askDaemon(paths)));
  return {
    paths,
    userId: environment.userId,
    user: environment.userName,
    system: systemOf({ platform: process.platform, osRelease, userId: environment.userId }),
    settings,
    home,
    disk,
    holder: home === undefined ? 'unknown' : lockHolder(home.lockInode),
    interfaces: readInterfaces(),
    checks,
    daemon,
    hearing: once(async () => (settings.discovery ? (await checks()).hearMulticast(listenMs) : { interfaces: [], sightings: [] })),
    filter: once(readPacketFilter),
    peerPort: once(async () => (await portNow(daemon)) ?? givenPort(settings) ?? (await checks()).peerPort(home === undefined ? '' : paths.home)),
  };
}

/** Of the daemon that runs, whatever it was told when it started. */
async function portNow(daemon: Machine['daemon']): Promise<number | undefined> {
  const status = await (await daemon()).status();
  return portOf(status?.nodes.find((node) => node.self)?.addresses[0]);
}

export function givenPort({ listen }: Pick<DaemonSettings, 'listen'>): number | undefined {
  return portOf(listen[0]);
}

function portOf(address: string | undefined): number | undefined {
  const port = Number(address?.split(':').at(-1));
  return port > 0 ? port : undefined;
}

/** Names of nodes that are here, on the networks of this machine's interfaces. */
export function neighboursOf(
  machine: Pick<Machine, 'interfaces'>,
  status: StatusView | undefined,
): readonly { readonly node: string; readonly name: string; readonly interface: string }[] {
  const here = (status?.nodes ?? []).filter((node) => !node.self && node.reachability === 'alive');
  return here.flatMap(({ id, name, addresses }) => {
    const numbers = addresses.map((text) => addressNumber(text.split(':')[0] ?? ''));
    const at = machine.interfaces.find(({ internal, range: [low, high] }) => !internal && numbers.some((number) => number >= low && number <= high));
    return at === undefined ? [] : [{ node: id, name, interface: at.name }];
  });
}

function readInterfaces(): Machine['interfaces'] {
  return Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? [])
      .filter(({ family }) => family === 'IPv4')
      .map(({ address, internal, cidr }) => ({ name, address, internal, range: prefixRange(address, Number(cidr?.split('/')[1] ?? 32)) })),
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
