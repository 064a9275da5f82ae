/** Do machines find each other by multicast, on every interface? Pure. */
import type { MulticastHearing } from '../../../settings/daemon-checks.ts';
import { check, type Finding } from '../finding.ts';

export interface MulticastReading {
  readonly hearing: MulticastHearing;
  /** False: the settings say not to look for others. */
  readonly wanted: boolean;
  /** Interfaces that can send to many at once at all; undefined where the system does not tell. */
  readonly able: readonly string[] | undefined;
  /** Other nodes that this one reaches now, on the networks of its interfaces. */
  readonly neighbours: readonly { readonly node: string; readonly name: string; readonly interface: string }[];
  /** What the packet filter does to multicast; empty where it lets it through or cannot be read. */
  readonly droppedBy: string;
  /** The first 16 digits of our cluster. */
  readonly cluster: string | undefined;
}

const joining = ['supervm invite', 'supervm join', 'supervm up --peer HOST:7946'];

export function checkMulticast(reading: MulticastReading): readonly Finding[] {
  const { hearing, wanted, able, neighbours } = reading;
  if (!wanted) return [check('network', 'multicast').none('the settings say not to look for others (discovery)')];
  if (hearing.interfaces.length === 0) return [check('network', 'multicast').none('there is no interface to look on')];
  const works = hearing.interfaces.some(({ heardItself }) => heardItself);
  return hearing.interfaces.map((one) => {
    const { ok, none } = check('network', `multicast-${one.name}`);
    if (able !== undefined && !able.includes(one.name) && !one.heardItself)
      return none(`${one.name} cannot send to many at once, as most VPNs; name a machine with --peer there`);
    if (!one.heardItself) return deaf(reading, one, works || neighbours.length > 0);
    const beside = neighbours.filter((neighbour) => neighbour.interface === one.name);
    const heard = new Set(hearing.sightings.map(({ node }) => node));
    const silent = beside.filter(({ node }) => !heard.has(node));
    if (beside.length > 0 && silent.length === beside.length)
      return swallowed(
        one.name,
        silent.map(({ name }) => name),
      );
    const others = beside.length === 0 ? '' : `, and ${beside.length - silent.length} of ${beside.length} known machines there`;
    return ok(`${one.name} ${one.address} hears itself${others}`);
  });
}

function deaf({ droppedBy }: MulticastReading, { name, problem }: MulticastHearing['interfaces'][number], joined: boolean): Finding {
  const { warning, failing } = check('network', `multicast-${name}`);
  const why =
    problem !== undefined
      ? `No socket could be opened: ${problem}.`
      : droppedBy === ''
        ? 'Most likely a firewall on this machine drops it (UDP port 5353, 224.0.0.251).'
        : `The packet filter drops it: ${droppedBy}.`;
  const remedy = {
    cause: `${why} Machines do not find each other by themselves there.`,
    advice:
      'They can be joined without it: on a machine of the cluster the first line, on the new one the second. The third names a machine that is in already:',
    commands: joining,
  };
  const found = `multicast is blocked on ${name}: what is sent there does not come back`;
  return joined ? warning(found, remedy) : failing(found, remedy);
}

function swallowed(name: string, silent: readonly string[]): Finding {
  return check('network', `multicast-${name}`).warning(`${silent.join(', ')} beside this machine on ${name} can be reached, but not heard by multicast`, {
    cause: 'The switch or the access point keeps multicast to itself (client isolation, IGMP snooping), or a firewall there drops it.',
    advice:
      'These machines know each other already. New ones join so: on a machine of the cluster the first line, on the new one the second. The third names a machine that is in already:',
    commands: joining,
  });
}

/** Other clusters that announce themselves here. */
export function checkOtherClusters({ hearing, cluster }: Pick<MulticastReading, 'hearing' | 'cluster'>): readonly Finding[] {
  const { ok, none } = check('network', 'other-clusters');
  const others = Map.groupBy(
    hearing.sightings.filter((sighting) => cluster === undefined || !sighting.cluster.startsWith(cluster)),
    (sighting) => sighting.cluster,
  );
  if (others.size === 0) return [hearing.interfaces.length === 0 ? none('nobody could be heard') : ok('no other cluster seen')];
  const list = [...others]
    .map(([name, nodes]) => `${name.slice(0, 8)} (${[...new Set(nodes.map(({ address }) => address))].slice(0, 4).join(', ')})`)
    .join(', ');
  if (cluster === undefined) return [ok(`a cluster is here: ${list}; to enter it: supervm join`)];
  // Nothing is wrong with a neighbour's cluster; who expected one cluster learns here that there are two.
  return [ok(`another cluster seen: ${list}. To bring its machines here: supervm invite`)];
}
