/** The addresses on which multicast is spoken. */
import type { networkInterfaces } from 'node:os';
import { isBridge } from '../addresses.ts';

/** Key (it changes when an interface is made anew) to address. Loopback only where there is nothing else. */
export function interfaceAddresses(interfaces: ReturnType<typeof networkInterfaces>): Map<string, string> {
  const all = Object.entries(interfaces).flatMap(([name, list]) =>
    (list ?? []).filter((entry) => entry.family === 'IPv4').map((entry) => ({ ...entry, name })),
  );
  const outward = all.filter((entry) => !entry.internal && !isBridge(entry.name, entry.address));
  return new Map((outward.length > 0 ? outward : all).map((entry) => [`${entry.name} ${entry.mac} ${entry.address}`, entry.address]));
}
