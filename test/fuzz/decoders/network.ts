/** What comes from anybody on the network, and what people carry from one machine to another. */
import { createSecretKey } from 'node:crypto';
import { EventEmitter } from 'node:events';
import createMulticastDns from 'multicast-dns';
import type * as z from 'zod';
import { formatAddress, parseAddress } from '../../../daemon/network/addresses.ts';
import { BeatExchange } from '../../../daemon/network/beats/beat-exchange.ts';
import { BeatMemory } from '../../../daemon/network/beats/beat-memory.ts';
import { encodeBeat } from '../../../daemon/network/beats/beat-packet.ts';
import { createClusterKeyText, parseClusterKey } from '../../../daemon/network/cluster-key.ts';
import { pairingRecord, readPairingRecord, readTextRecord, serviceName, textRecord } from '../../../daemon/network/discovery/mdns-records.ts';
import { formatInvite, parseInvite } from '../../../daemon/network/pairing/invite-line.ts';
import { answer, challenge, join, reveal } from '../../../daemon/network/pairing/pairing-protocol.ts';
import { createAdminKey, parseAdminKey } from '../../../daemon/network/papers/admin-key.ts';
import { issueCertificate, readCertificate } from '../../../daemon/network/papers/certificate.ts';
import { noPapers } from '../../../daemon/network/papers/papers.ts';
import { papersSchema } from '../../../daemon/network/papers/papers-shown.ts';
import { parsePapers } from '../../../daemon/network/papers/stored-papers.ts';
import type { Decoder } from '../decoder.ts';
import { samplesOf } from '../sample-of.ts';

const node = '12D3KooWGzBXHSHGBdyCDwkKTFLDjtfPHgnRXXjBAwY4YwHdTBmN';
const admin = createAdminKey();
const content = { cluster: 'c'.repeat(64), node, role: 'member', serial: 1, notBefore: 0, notAfter: 1e13 } as const;
const key = Buffer.alloc(32, 1);
const sealed = createSecretKey(key);
const offers = { ours: { port: 1, slot: 5, key: key.toString('base64url') }, theirs: { port: 2, slot: 6, key: key.toString('base64url') } };
const announced = textRecord({ cluster: 'c'.repeat(16), node, address: '10.0.0.1:7946' });
const door = pairingRecord({ cluster: 'c'.repeat(16), address: '10.0.0.1:4000' });
/** A socket without a network, with what ours does of each packet (discovery/mdns-socket.ts). */
const socket = Object.assign(new EventEmitter(), { send: (packet: Uint8Array) => void packets.push(packet) });
const packets: Uint8Array[] = [];
const mdns = createMulticastDns({ socket: socket as never, bind: false });
mdns.on('response', ({ answers }) => answers?.slice(0, 64).map((record) => [readTextRecord(record), readPairingRecord(record)]));
mdns.on('warning', () => undefined);
for (const record of [announced, door]) mdns.respond({ answers: [{ ...record, data: [...record.data] }] });
mdns.query({ questions: [{ name: serviceName, type: 'TXT' }] });
// It sends in its next turn.
await new Promise((resolve) => setImmediate(resolve));
const invite = { id: '0'.repeat(16), secret: '1'.repeat(32), addresses: ['10.0.0.1:1'], inviter: admin.id, root: admin.id };

/** A pairing line as its reader takes it. */
function line(name: string, schema: z.ZodType, samples: readonly unknown[]): Decoder {
  return { kind: 'text', name: `pairing-${name}`, samples: samples.map((sample) => JSON.stringify(sample)), run: (text) => schema.parse(JSON.parse(text)) };
}

export const networkDecoders: readonly Decoder[] = [
  {
    kind: 'bytes',
    name: 'beats',
    samples: [1, 2 ** 47].map((sequence) => encodeBeat({ slot: 5, sequence, intervalMs: 250, loopAgeMs: 3, hears: true, asks: true }, sealed)),
    run(bytes) {
      let sent = 0;
      const exchange = new BeatExchange(new BeatMemory(), { now: () => 1_000, transmit: () => sent++ });
      exchange.open({ place: 0, address: '10.0.0.1', ...offers });
      exchange.receive(Buffer.from(bytes));
      exchange.receive(Buffer.from(bytes));
      if (sent > 1) throw new Error('Cannot read: a packet is answered more than once');
    },
  },
  {
    kind: 'value',
    name: 'mdns-records',
    samples: [announced, door, { ...announced, data: announced.data.map((text) => Buffer.from(text)) }],
    run: (value) => [readTextRecord((value ?? {}) as object), readPairingRecord((value ?? {}) as object)],
  },
  {
    kind: 'bytes',
    name: 'mdns-packets',
    samples: packets,
    run(bytes) {
      socket.emit('message', Buffer.from(bytes), { address: '10.0.0.9', port: 5353 });
    },
  },
  { kind: 'text', name: 'addresses', samples: ['10.0.0.1:7946', '[::1]:80', 'name.local:1'], run: (text) => formatAddress(parseAddress(text)) },
  { kind: 'text', name: 'cluster-keys', samples: [createClusterKeyText()], run: (text) => parseClusterKey(text) },
  { kind: 'text', name: 'admin-keys', samples: [admin.text], run: (text) => parseAdminKey(text, 'a file') },
  { kind: 'text', name: 'invites', samples: [formatInvite(invite)], run: parseInvite },
  {
    kind: 'text',
    name: 'certificates',
    samples: [issueCertificate(content, admin).text, issueCertificate({ ...content, role: 'worker' }, admin).text],
    run: readCertificate,
  },
  {
    kind: 'bytes',
    name: 'certificate-bytes',
    samples: [Buffer.from(issueCertificate(content, admin).text, 'base64url')],
    run: (bytes) => readCertificate(Buffer.from(bytes).toString('base64url')),
  },
  { kind: 'value', name: 'papers', samples: samplesOf(papersSchema), run: (value) => papersSchema.parse(value) },
  {
    kind: 'text',
    name: 'stored-papers',
    samples: [JSON.stringify(noPapers), JSON.stringify({ ...noPapers, certificate: 'AAAA' })],
    run: (text) => parsePapers(text, 'a file'),
  },
  line('join', join, [{ kind: 'join', version: 2, name: 'n', node, adminKey: admin.id, commitment: '0'.repeat(64) }]),
  line('challenge', challenge, samplesOf(challenge)),
  line('reveal', reveal, samplesOf(reveal)),
  line('answer', answer, [{ kind: 'wait' }, { kind: 'refused', reason: 'no' }, ...samplesOf(answer)]),
];
