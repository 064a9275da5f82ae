/**
 * A program that knocks at every door of a machine without any secret, from a network namespace of its own, and prints what came back:
 * `node stranger.ts ADDRESS PEER-PORT HTTP-PORT [PAIRING-PORT]`
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Knocks } from './knocks.ts';

/** Bounds the waiting for what shall not come. */
const silenceMs = 1500;

const multistream = (line: string): Buffer => Buffer.concat([Buffer.from([line.length + 1]), Buffer.from(`${line}\n`)]);
/** A question for TXT records. */
function question(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, 16, 0, 1])]);
}

const words: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['HTTP', Buffer.from('GET /api/v1/status HTTP/1.1\r\nHost: localhost:3000\r\n\r\n')],
  ['TLS', Buffer.from('160301006e0100006a0303', 'hex')],
  ['noise', randomBytes(4096)],
  ['our protocol in the clear', Buffer.concat([multistream('/multistream/1.0.0'), multistream('/supervm/records/1')])],
  ['a list of protocols', Buffer.concat([multistream('/multistream/1.0.0'), multistream('ls')])],
];

function overTcp(host: string, port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let read = '';
    const socket = connect({ host, port });
    const end = (text: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(() => end(read), silenceMs);
    socket.once('connect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      read += chunk.toString('latin1');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => end(read === '' && error.code !== 'ECONNRESET' ? String(error.code) : read));
    socket.once('close', () => end(read));
  });
}

async function overUdp(host: string, port: number, packets: readonly Buffer[], own?: string): Promise<string> {
  const socket = createSocket({ type: 'udp4', reuseAddr: own !== undefined });
  let read = '';
  socket.on('message', (message, from) => {
    if (from.address !== own) read += message.toString('latin1');
  });
  // What answers by multicast answers to the port of all.
  await new Promise<void>((resolve) => socket.bind(own === undefined ? 0 : port, () => resolve()));
  if (own !== undefined) {
    socket.addMembership(host, own);
    socket.setMulticastInterface(own);
  }
  // Of silence one look is enough; what shall answer is asked again, for packets get lost and a busy machine is slow.
  for (let look = 0; look < (own === undefined ? 1 : 12) && read === ''; look += 1) {
    for (const packet of packets) socket.send(packet, port, host);
    await new Promise((resolve) => setTimeout(resolve, silenceMs));
  }
  socket.close();
  return read;
}

async function knockAt(host: string, port: number): Promise<{ readonly [how: string]: string }> {
  return Object.fromEntries(await Promise.all(words.map(async ([how, bytes]) => [how, await overTcp(host, port, bytes)] as const)));
}

const [address = '', peer, http, pairing] = process.argv.slice(2);
const own = address.replace(/\.\d+$/, '.254');
const beats = [randomBytes(32), Buffer.alloc(32), Buffer.alloc(0), randomBytes(1400), Buffer.from('{"type":"beat"}')];
const services = ['_supervm._tcp.local', '_services._dns-sd._udp.local', 'localhost.local'].map(question);
const [peerPort, httpPort, pairingPort, heartbeats, multicastDns] = await Promise.all([
  knockAt(address, Number(peer)),
  overTcp(address, Number(http), Buffer.from('GET / HTTP/1.1\r\n\r\n')),
  pairing === undefined ? {} : knockAt(address, Number(pairing)),
  overUdp(address, Number(peer), Array.from({ length: 20 }, () => beats).flat()),
  overUdp('224.0.0.251', 5353, services, own),
]);
const knocks: Knocks = { peerPort, httpPort, pairingPort, heartbeats, multicastDns };
process.stdout.write(JSON.stringify(knocks));
