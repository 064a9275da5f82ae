/** One multicast DNS socket on one interface. */
import createMulticastDns from 'multicast-dns';
import { serviceName, type TextRecord } from './mdns-records.ts';

export interface MdnsSocket {
  /** Asks who is there. */
  query(): void;
  announce(record: TextRecord): void;
  close(): void;
}

export interface MdnsEvents {
  /** Somebody asked for our service. */
  asked(): void;
  /** A record of any kind arrived. */
  heard(record: { readonly name?: unknown; readonly type?: unknown; readonly data?: unknown }): void;
  /** The socket is of no use any more. */
  failed(error: Error): void;
}

export type OpenMdnsSocket = (interfaceAddress: string, events: MdnsEvents) => MdnsSocket;

/** More records than that in one packet are not read: our nodes send one. */
const maximumRecords = 64;

/** Bound to every address, for multicast arrives at none of the interface's own; joined and sent on the one interface, which needs no default route. */
export const openMdnsSocket: OpenMdnsSocket = (interfaceAddress, events) => {
  const mdns = createMulticastDns({ interface: interfaceAddress, bind: '0.0.0.0', reuseAddr: true });
  const ignore = (): void => undefined;
  mdns.on('error', events.failed);
  // Packets of others that cannot be read, an interface without multicast: neither is worth a word.
  mdns.on('warning', ignore);
  mdns.on('query', (packet) => {
    if (packet.questions?.slice(0, maximumRecords).some((question) => question.name === serviceName)) events.asked();
  });
  mdns.on('response', (packet) => {
    for (const record of packet.answers?.slice(0, maximumRecords) ?? []) events.heard(record);
  });
  return {
    query: () => mdns.query({ questions: [{ name: serviceName, type: 'TXT' }] }, ignore),
    announce: (record) => mdns.respond({ answers: [{ ...record, data: [...record.data] }] }, ignore),
    close: () => mdns.destroy(),
  };
};
