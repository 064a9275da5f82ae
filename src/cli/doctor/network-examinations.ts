/** The checks of the network, with what they read of the machine. */
import { wall } from '../clock.ts';
import { checkFirewall, droppedDiscovery } from './checks/firewall.ts';
import { checkIdentity, checkMembership } from './checks/identity.ts';
import { checkInterfaces } from './checks/interfaces.ts';
import { checkMulticast, checkOtherClusters, type MulticastReading } from './checks/multicast.ts';
import { checkClocks, checkHeartbeats, checkReachable, type PeersReading } from './checks/peers.ts';
import { checkPorts } from './checks/ports.ts';
import type { Examination } from './examine.ts';
import { givenPort, type Machine, neighboursOf } from './machine.ts';
import { listFolder, readText } from './readers/files.ts';
import { listeningOn } from './readers/listening.ts';

const limitMs = 6000;
/** Other machines are asked, and ask back. */
const peersLimitMs = 8000;
/** Tried first where no setting says otherwise (daemon/http/listen-address.ts). */
const usualHttpPort = 3000;

export function networkExaminations(machine: Machine): readonly Examination[] {
  const network = { group: 'network', limitMs } as const;
  return [
    { ...network, name: 'peer-port', look: async () => checkPorts(await portsOf(machine)) },
    {
      ...network,
      name: 'interfaces',
      look: async () => checkInterfaces({ interfaces: machine.interfaces, defaultRoutes: readRoutes(), used: await usedOf(machine) }),
    },
    { ...network, name: 'multicast', limitMs: peersLimitMs, look: async () => checkMulticast(await multicastOf(machine)) },
    {
      ...network,
      name: 'firewall',
      look: async () => checkFirewall({ ...(await machine.filter()), peerPort: await machine.peerPort(), system: machine.system }),
    },
    { ...network, name: 'reachable', limitMs: peersLimitMs, look: async () => checkReachable(await peersOf(machine)) },
    { ...network, name: 'heartbeats', limitMs: peersLimitMs, look: async () => checkHeartbeats(await peersOf(machine)) },
    {
      ...network,
      name: 'identity',
      limitMs: peersLimitMs,
      look: async () => checkIdentity({ problems: await problemsOf(machine), nodeKey: machine.paths.nodeKey }),
    },
    {
      ...network,
      name: 'membership',
      limitMs: peersLimitMs,
      look: async () => checkMembership({ home: await membershipOf(machine), problems: await problemsOf(machine), now: wall() }),
    },
    {
      ...network,
      name: 'other-clusters',
      limitMs: peersLimitMs,
      look: async () => checkOtherClusters({ hearing: await machine.hearing(), cluster: await clusterOf(machine) }),
    },
    { group: 'clock', name: 'clock-skew', limitMs: peersLimitMs, look: async () => checkClocks(await peersOf(machine)) },
  ];
}

async function portsOf(machine: Machine): Promise<Parameters<typeof checkPorts>[0]> {
  const { settings, holder } = machine;
  const peerPort = await machine.peerPort();
  const says = await machine.daemon();
  const daemon = says.answer.kind !== 'absent' && typeof holder === 'number' ? holder : undefined;
  const given = settings.http?.port;
  const httpPort = settings.http === undefined || given === 0 ? undefined : (given ?? usualHttpPort);
  return {
    peerPort,
    given: givenPort(settings) !== undefined,
    httpPort,
    httpGiven: given !== undefined,
    httpAddress: (await says.status())?.http,
    daemon,
    listening: listeningOn([peerPort, ...(httpPort === undefined ? [] : [httpPort])]),
  };
}

async function usedOf(machine: Machine): Promise<readonly string[]> {
  const { interfaces } = await machine.hearing();
  return machine.settings.discovery ? interfaces.map(({ name }) => name) : machine.interfaces.map(({ name }) => name);
}

async function multicastOf(machine: Machine): Promise<MulticastReading> {
  const [hearing, filter, says] = await Promise.all([machine.hearing(), machine.filter(), machine.daemon()]);
  const status = await says.status();
  return {
    hearing,
    wanted: machine.settings.discovery,
    able: readAble(hearing.interfaces.map(({ name }) => name)),
    neighbours: neighboursOf(machine, status),
    droppedBy: droppedDiscovery(filter.chains),
    cluster: await clusterOf(machine),
  };
}

async function clusterOf(machine: Machine): Promise<string | undefined> {
  const status = await (await machine.daemon()).status();
  if (status !== undefined || machine.home === undefined) return status?.cluster;
  const membership = await membershipOf(machine);
  return membership !== undefined && 'cluster' in membership ? membership.cluster : undefined;
}

async function membershipOf(machine: Machine): Promise<Parameters<typeof checkMembership>[0]['home']> {
  return machine.home === undefined ? undefined : (await machine.checks()).membershipOf(machine.paths);
}

async function problemsOf(machine: Machine): Promise<Parameters<typeof checkIdentity>[0]['problems']> {
  return (await (await machine.daemon()).status())?.durability.problems;
}

async function peersOf(machine: Machine): Promise<PeersReading> {
  return { peers: await (await machine.daemon()).peers(), peerPort: await machine.peerPort(), system: machine.system };
}

/** Bit 12 of an interface's flags: it can send to many at once. */
function readAble(names: readonly string[]): readonly string[] | undefined {
  if (listFolder('/sys/class/net').length === 0) return undefined;
  return names.filter((name) => (Number.parseInt(readText(`/sys/class/net/${name}/flags`)?.trim() ?? '0x1000', 16) & 0x1000) !== 0);
}

/** Interfaces with a default route, of /proc/net/route. */
function readRoutes(): readonly string[] | undefined {
  const lines = readText('/proc/net/route')?.split('\n').slice(1);
  return lines?.flatMap((line) => {
    const [name, destination, , , , , , mask] = line.split('\t');
    return name !== undefined && destination === '00000000' && mask === '00000000' ? [name] : [];
  });
}
