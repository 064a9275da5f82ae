/**
 * Machines that do not know the secret, played by one process: keeps so many connections open to the targets, half of them silent, the others
 * saying what means nothing, and opens each again as soon as it was closed. Prints JSON with what came of it, at the end.
 *
 *     node strangers.ts CONNECTIONS SECONDS HOST:PORT,... [LOCAL ADDRESS,...]
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const [connections = '0', seconds = '0', targets = '', sources = ''] = process.argv.slice(2);
const places = targets.split(',').map((text) => text.split(':') as [string, string]);
const addresses = sources === '' ? [] : sources.split(',');
const againMs = 100;
const counts = { opened: 0, answered: 0, ended: 0, failed: 0 };
const deadline = performance.now() + 1000 * Number(seconds);

const word = (text: string): Buffer => Buffer.concat([Buffer.from([text.length + 1]), Buffer.from(`${text}\n`)]);
/** The words with which libp2p begins, and then none of noise. */
const begun = Buffer.concat([word('/multistream/1.0.0'), word('/noise')]);
const garbage: readonly (() => Buffer)[] = [
  () => randomBytes(64 * 1024),
  () => Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(100)),
  () => Buffer.alloc(256 * 1024),
  () => Buffer.concat([begun, Buffer.from([0, 32]), randomBytes(32)]),
  () => Buffer.concat([begun, Buffer.from([0xff, 0xff]), randomBytes(16 * 1024)]),
  () => Buffer.concat([begun, Buffer.from([0, 200]), randomBytes(200), randomBytes(32 * 1024)]),
];

function knock(index: number): void {
  if (performance.now() > deadline) return;
  const [host, port] = places[index % places.length] as [string, string];
  const localAddress = addresses[Math.floor(index / places.length) % Math.max(1, addresses.length)];
  const socket = connect({ host, port: Number(port), ...(localAddress === undefined ? {} : { localAddress }) });
  let isOpen = false;
  socket.once('connect', () => {
    isOpen = true;
    counts.opened += 1;
    if (index % 2 === 0) socket.write((garbage[(index / 2) % garbage.length] as () => Buffer)());
  });
  socket.once('data', () => {
    counts.answered += 1;
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    counts[isOpen ? 'ended' : 'failed'] += 1;
    setTimeout(knock, againMs, index);
  });
}

for (let index = 0; index < Number(connections); index += 1) setTimeout(knock, (index / Number(connections)) * 2000, index);
setTimeout(() => {
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
}, 1000 * Number(seconds));
