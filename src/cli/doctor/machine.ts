/** What several examinations ask of this machine, each thing once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeView, StatusView } from '../../api/views.ts';
import { isolationLabel } from '../../model/isolation.ts';
import type { HomeLook, MachineChecks, MulticastHearing, SandboxTrial } from '../../settings/daemon-checks.ts';
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
  /** As a daemon that runs here found it, else by trying it. */
  sandbox(): Promise<SandboxTrial>;
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
    sandbox: once(async () => (await toldSandbox(daemon)) ?? trySandbox(paths.home, disk, await checks())),
    peerPort: once(async () => (await portNow(daemon)) ?? givenPort(settings) ?? (await checks()).peerPort(home === undefined ? '' : paths.home)),
  };
}

/** A trial beside a daemon could disturb what it has set up. */
async function toldSandbox(daemon: Machine['daemon']): Promise<SandboxTrial | undefined> {
  const { [isolationLabel]: level, 'sandbox-reason': reason } = (await selfOf(daemon))?.inventory.labels ?? {};
  return level === undefined ? undefined : { level, ...(reason === undefined ? {} : { reason }) };
}

async function trySandbox(home: string, disk: DiskTelling, checks: MachineChecks): Promise<SandboxTrial> {
  // In the home folder, where tasks will be, if it can be written.
  const written = (await disk.word('write'))?.write.tookMs !== undefined;
  const folder = mkdtempSync(join(written ? home : tmpdir(), `doctor-${process.pid}-`));
  try {
    return await checks.trySandbox(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function selfOf(daemon: Machine['daemon']): Promise<NodeView | undefined> {
  return (await (await daemon()).status())?.nodes.find((node) => node.self);
}

/** Of the daemon that runs, whatever it was told when it started. */
async function portNow(daemon: Machine['daemon']): Promise<number | undefined> {
  return portOf((await selfOf(daemon))?.addresses[0]);
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
