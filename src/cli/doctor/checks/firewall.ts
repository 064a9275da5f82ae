/** Does a firewall of this machine keep other machines out? Pure. */

import { check, type Finding } from '../finding.ts';
import { type FilterChain, fateOf, type Packet } from '../firewall/packet-filter.ts';
import { asRoot, type System } from '../system.ts';

export type FirewallTool = 'ufw' | 'firewalld' | 'nft' | 'iptables';

export interface FirewallReading {
  /** Undefined where the rules cannot be read. */
  readonly chains: readonly FilterChain[] | undefined;
  /** Which tool writes the rules here. */
  readonly tool: FirewallTool | undefined;
  readonly peerPort: number;
  readonly system: Pick<System, 'root'>;
}

const mdns = { protocol: 'udp', port: 5353, destination: '224.0.0.251' } as const;

interface Way {
  readonly name: string;
  readonly packet: Packet;
}

function ways(peerPort: number): readonly Way[] {
  return (['input', 'output'] as const).flatMap((direction) => [
    {
      name: `${direction === 'input' ? 'connections from' : 'connections to'} other machines (TCP ${peerPort})`,
      packet: { direction, protocol: 'tcp', port: peerPort },
    },
    { name: `heartbeats ${direction === 'input' ? 'from' : 'to'} other machines (UDP ${peerPort})`, packet: { direction, protocol: 'udp', port: peerPort } },
    { name: `multicast discovery, ${direction === 'input' ? 'coming in' : 'going out'} (UDP 5353)`, packet: { direction, ...mdns } },
  ]);
}

export function checkFirewall({ chains, tool, peerPort, system }: FirewallReading): readonly Finding[] {
  const { ok, none, warning, failing } = check('network', 'firewall');
  if (chains === undefined) {
    if (tool === 'ufw' || tool === 'firewalld')
      return [none(`${tool} is on; its rules can be read by root alone. What it must let through: TCP and UDP ${peerPort}, UDP 5353`)];
    return [none('the rules can be read by root alone; with a daemon other machines try the way here (see reachable)')];
  }
  const fates = ways(peerPort).map((way) => ({ ...way, fate: fateOf(way.packet, chains) }));
  const dropped = fates.filter(({ fate }) => fate.outcome === 'dropped');
  const unsure = fates.filter(({ fate }) => fate.outcome === 'unsure');
  if (dropped.length === 0 && unsure.length === 0)
    return [ok(chains.some(({ hook }) => hook !== undefined) ? `lets our ports through (${tool ?? 'nft'})` : 'none')];
  const shut = dropped.length > 0 ? dropped : unsure;
  const remedy = {
    cause: `${[...new Set(shut.map(({ fate }) => fate.by))].slice(0, 3).join('; ')}.`,
    advice: dropped.length > 0 ? 'Let it through:' : 'Whether these rules concern other machines cannot be said from here. If they do:',
    commands: openingLines(shut, tool, peerPort, system),
  };
  const what = shut.map(({ name }) => name).join('; ');
  if (dropped.length === 0) return [warning(`a firewall may drop: ${what}`, remedy)];
  // Without multicast machines must be named; without connections there is no cluster.
  const fatal = dropped.some(({ packet }) => packet.protocol === 'tcp');
  return [fatal ? failing(`a firewall drops: ${what}`, remedy) : warning(`a firewall drops: ${what}`, remedy)];
}

/** What drops discovery, for the check of multicast; empty where nothing is known to. */
export function droppedDiscovery(chains: readonly FilterChain[] | undefined): string {
  const fates = (['input', 'output'] as const).map((direction) => fateOf({ direction, ...mdns }, chains ?? []));
  return fates.find(({ outcome }) => outcome === 'dropped')?.by ?? '';
}

function openingLines(
  shut: readonly (Way & { readonly fate: { readonly by: string } })[],
  tool: FirewallTool | undefined,
  peerPort: number,
  system: Pick<System, 'root'>,
): readonly string[] {
  const line = (text: string): string => asRoot(system, text);
  if (tool === 'ufw') return [line(`ufw allow ${peerPort}`), line('ufw allow 5353/udp')];
  if (tool === 'firewalld')
    return [line(`firewall-cmd --permanent --add-port=${peerPort}/tcp --add-port=${peerPort}/udp --add-service=mdns`), line('firewall-cmd --reload')];
  const lines = shut.map(({ packet: { direction, protocol, port }, fate }) => {
    if (tool === 'iptables') return line(`iptables -I ${direction.toUpperCase()} -p ${protocol} --dport ${port} -j ACCEPT`);
    // `chain FAMILY TABLE CHAIN: rule`
    const chain = /^chain (\S+ \S+ \S+):/.exec(fate.by)?.[1] ?? 'FAMILY TABLE CHAIN';
    return line(`nft insert rule ${chain} ${protocol} dport ${port} accept`);
  });
  return [...new Set(lines)];
}
