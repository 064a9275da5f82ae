/** What nodes say over multicast DNS: `<peer id>._supervm._tcp.local` TXT with a hash of the cluster, the peer id and one address. */
import { isIPv4 } from 'node:net';
import type { NodeId } from '../../../src/model/job.ts';
import { isAddress, parseAddress } from '../addresses.ts';

export const serviceName = '_supervm._tcp.local';
const pairingName = '_supervm-pair._tcp.local';

export interface Announcement {
  /** First 16 hexadecimal digits of the cluster's public hash: tells clusters apart, gives nothing away. */
  readonly cluster: string;
  readonly node: NodeId;
  /** `ip:port`, on the interface it is announced on. */
  readonly address: string;
}

interface RawRecord {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly data?: unknown;
}

export interface TextRecord {
  readonly name: string;
  readonly type: 'TXT';
  /** Seconds. */
  readonly ttl: number;
  readonly data: readonly string[];
}

export function textRecord(announcement: Announcement): TextRecord {
  const { cluster, node, address } = announcement;
  return { name: `${node}.${serviceName}`, type: 'TXT', ttl: 120, data: [`c=${cluster}`, `p=${node}`, `a=${address}`] };
}

/** A door at which newcomers may knock, and whose it is. */
export type Door = Pick<Announcement, 'cluster' | 'address'>;

export function pairingRecord({ cluster, address }: Door): TextRecord {
  return { name: `${cluster}.${pairingName}`, type: 'TXT', ttl: 5, data: [`c=${cluster}`, `a=${address}`] };
}

/** Undefined for whatever is no such record. */
export function readPairingRecord(record: RawRecord): Door | undefined {
  const parts = partsOf(record, pairingName);
  return parts === undefined ? undefined : doorOf(parts);
}

/** Undefined for a record that is not ours or not well made; anybody on the network can send anything. */
export function readTextRecord(record: RawRecord): Announcement | undefined {
  const parts = partsOf(record, serviceName);
  const door = parts === undefined ? undefined : doorOf(parts);
  const node = parts?.get('p=');
  if (door === undefined || node === undefined || !/^[1-9A-HJ-NP-Za-km-z]{20,80}$/.test(node)) return undefined;
  return { ...door, node };
}

function partsOf(record: RawRecord, service: string): ReadonlyMap<string, string> | undefined {
  if (record.type !== 'TXT' || typeof record.name !== 'string' || !record.name.endsWith(`.${service}`)) return undefined;
  const parts = new Map<string, string>();
  for (const part of Array.isArray(record.data) ? record.data.slice(0, 8) : []) {
    const text = Buffer.isBuffer(part) ? part.toString('utf8') : String(part);
    parts.set(text.slice(0, 2), text.slice(2));
  }
  return parts;
}

function doorOf(parts: ReadonlyMap<string, string>): Door | undefined {
  const [cluster, address] = [parts.get('c='), parts.get('a=')];
  if (cluster === undefined || !/^[0-9a-f]{16}$/.test(cluster)) return undefined;
  if (address === undefined || !isAddress(address) || !isIPv4(parseAddress(address).host)) return undefined;
  return { cluster, address };
}
