/** Addresses as people write them, `host:port` or `[ipv6]:port`, and which ones this machine can be reached at. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { networkInterfaces } from 'node:os';
import { SupervmError } from '../../src/model/errors.ts';

export interface Address {
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
}

/** Throws `usage`. Port 0, "any", makes sense only to listen on. */
export function parseAddress(text: string, lowestPort: 0 | 1 = 1): Address {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text.trim());
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  if (host === undefined || port > 65_535 || port < lowestPort) {
    throw new SupervmError('usage', `"${text}" is not an address`, 'Write HOST:PORT, for example 192.168.1.20:7800.');
  }
  return { host, port };
}

export function formatAddress(address: Address): string {
  return isIP(address.host) === 6 ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** As libp2p writes it: `/ip4/1.2.3.4/tcp/5`; names are looked up first, one text for each answer. */
export async function multiaddrTexts(address: Address): Promise<string[]> {
  const version = isIP(address.host);
  const hosts = version === 0 ? await lookup(address.host, { all: true }) : [{ address: address.host, family: version }];
  return hosts.map((host) => `/ip${host.family}/${host.address}/tcp/${address.port}`);
}

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Bridges of container engines: their addresses are the same on every machine, so telling them to peers only misleads. */
const bridgeName = /^(docker|br-[0-9a-f]{12}|virbr|lxcbr|cni|podman|cali|flannel)/;

export function isBridge(name: string, address: string): boolean {
  return bridgeName.test(name) || address.startsWith('172.17.');
}

/**
 * The IPv4 addresses that other machines may reach this one at. Bridges of container engines only when there is nothing
 * else, loopback only when there is not even that: no address at all would help nobody.
 */
export function reachableHosts(interfaces: Interfaces): string[] {
  const found = Object.entries(interfaces).flatMap(([name, list]) =>
    (list ?? []).filter((entry) => entry.family === 'IPv4').map((entry) => ({ name, address: entry.address, internal: entry.internal })),
  );
  const outward = found.filter((entry) => !entry.internal);
  const own = outward.filter((entry) => !isBridge(entry.name, entry.address));
  const best = [own, outward, found].find((list) => list.length > 0) ?? [];
  return best.map((entry) => entry.address);
}

export function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}
