/** A link whose connection is a fake: what it does about silence, which real sockets would take minutes to show. */
import { expect, test } from 'vitest';
import { type Control, createControlReader, encodeControl, type Hello } from '../../../daemon/network/hello.ts';
import type { Connection, Stream } from '../../../daemon/network/libp2p-types.ts';
import { PeerMeters } from '../../../daemon/network/limits/peer-meters.ts';
import { PeerLink } from '../../../daemon/network/peer-link.ts';
import { encodeFrames, type Frame, frameTypes } from '../../../daemon/wire/frame.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const hello = (node: string): Hello => ({ kind: 'hello', wire: 1, node, cluster: 'c'.repeat(64), host: 'machine', incarnation: 1, addresses: [] });

class FakeStream extends EventTarget {
  readonly status = 'open';
  readonly writeBufferLength = 0;
  readonly said: Control[] = [];
  readonly #read = createControlReader();

  send(bytes: Uint8Array): boolean {
    this.said.push(...this.#read(bytes));
    return true;
  }

  hear(message: Control): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data: { subarray: () => encodeControl(message) } }));
  }
}

/** A link that the peer dialled, its hello not come yet. */
function dialled() {
  const clock = new VirtualClock();
  const events: string[] = [];
  const stream = new FakeStream();
  const refused: Frame[] = [];
  const opened: string[] = [];
  const connection = Object.assign(new EventTarget(), {
    direction: 'inbound',
    remotePeer: { toString: () => 'peer' },
    remoteAddr: { toString: () => '/ip4/10.0.0.2/tcp/7946' },
    abort: () => events.push('aborted'),
    close: async () => void events.push('closed'),
    /** The peer's version has no protocol at all. */
    newStream: async (protocol: string) => {
      opened.push(protocol);
      throw Object.assign(new Error('not there'), { name: 'UnsupportedProtocolError' });
    },
  });
  const link = new PeerLink(
    { connection: connection as unknown as Connection },
    {
      clock,
      hello: () => hello('self'),
      silenceMs: () => 10_000,
      meters: new PeerMeters({ clock }),
      objection: () => undefined,
      admitted: () => events.push('admitted'),
      closed: (ended) => events.push(`ended: ${ended.fault}`),
      frame: (_, protocol, frame) => refused.push({ ...frame, id: frame.id + (protocol === '/new/1' ? 0 : 1000) }),
      violated: (cut, reason) => cut.cut(reason.message),
    },
  );
  link.answer(stream as unknown as Stream);
  /** Looks at it every four seconds, as the network does. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 4000) {
      await clock.advance(4000);
      link.check(false);
    }
  };
  return { clock, events, stream, link, pass, opened, refused };
}

function admitted() {
  const parts = dialled();
  parts.stream.hear(hello('peer'));
  parts.stream.hear({ kind: 'ready' });
  expect(parts.events).toEqual(['admitted']);
  return parts;
}

const pings = (stream: FakeStream) => stream.said.filter(({ kind }) => kind === 'ping').length;

test('a silent peer is asked once, and cut when it does not answer', async () => {
  const { stream, events, pass } = admitted();
  await pass(8000);
  expect(pings(stream)).toBe(0);
  await pass(4000);
  expect(pings(stream)).toBe(1);
  await pass(4000);
  expect(events).toEqual(['admitted', 'ended: nothing heard for 16000 ms', 'aborted']);
});

test('a peer that answers when asked is kept, however little it says', async () => {
  const { stream, events, pass } = admitted();
  for (let round = 0; round < 5; round += 1) {
    await pass(12_000);
    stream.hear({ kind: 'pong' });
  }
  expect(pings(stream)).toBe(5);
  expect(events).toEqual(['admitted']);
});

test('a node that slept itself asks before it cuts', async () => {
  const { clock, link, stream, events, pass } = admitted();
  await clock.advance(3_600_000);
  link.check(true);
  expect(events).toEqual(['admitted']);
  expect(pings(stream)).toBe(1);
  await pass(4000);
  expect(events).toEqual(['admitted', 'ended: nothing heard for 14000 ms', 'aborted']);
});

test('a connection without a hello is cut', async () => {
  const { events, pass } = dialled();
  await pass(8000);
  expect(events).toEqual(['ended: no hello in time', 'aborted']);
});

test('of a peer that was refused nothing counts any more, though its connection takes its time to close', async () => {
  const { link, stream, events, refused, pass } = admitted();
  const inbound = new FakeStream();
  link.accept(inbound as unknown as Stream, '/new/1', 1000);
  const frame = encodeFrames([{ type: frameTypes.message, id: 1, body: new Uint8Array(1) }]);
  const say = (): unknown => inbound.dispatchEvent(Object.assign(new Event('message'), { data: { subarray: () => frame } }));
  say();
  expect(refused).toHaveLength(1);
  link.refuse({ reason: 'it was removed from the cluster' });
  say();
  stream.hear({ kind: 'ready' });
  expect([refused.length, link.state, link.transmit('/new/1', { type: frameTypes.message, id: 2, body: new Uint8Array(1) })]).toEqual([1, 'closing', false]);
  await pass(8000);
  expect(events).toEqual(['admitted', 'closed', 'ended: it was removed from the cluster', 'aborted']);
});

test('a peer that is refused before it is ready is not admitted by saying so', () => {
  const { link, stream, events } = dialled();
  stream.hear(hello('peer'));
  link.refuse({ reason: 'another process has its key' });
  stream.hear({ kind: 'ready' });
  expect(events).toEqual(['closed']);
});

test('a challenge is met by an answer, and lost by silence and by the end of the connection', async () => {
  const { clock, stream, link } = admitted();
  const met = link.challenge(1500);
  stream.hear({ kind: 'pong' });
  expect(await met).toBe(true);
  const lost = link.challenge(1500);
  await clock.advance(1500);
  expect(await lost).toBe(false);
  const ended = link.challenge(1500);
  link.drop();
  expect(await ended).toBe(false);
});

test('a protocol that the peer does not have is asked for once, and again when the peer asks on it itself', async () => {
  const { link, opened, refused, events } = admitted();
  const send = async (type: number, id: number): Promise<void> => {
    expect(link.transmit('/new/1', { type, id, body: new Uint8Array(0) })).toBe(true);
    await new Promise((done) => setImmediate(() => setImmediate(done)));
  };
  await send(frameTypes.request, 1);
  for (let turn = 0; turn < 10; turn += 1) await send(frameTypes.message, 0);
  await send(frameTypes.request, 2);
  expect(opened).toEqual(['/new/1']);
  expect(refused.map(({ type, id }) => [type, id])).toEqual([
    [frameTypes.refusal, 1],
    [frameTypes.refusal, 2],
  ]);
  link.accept(new FakeStream() as unknown as Stream, '/new/1', 1000);
  await send(frameTypes.reply, 3);
  expect(opened).toEqual(['/new/1', '/new/1']);
  expect(events).toEqual(['admitted']);
});
