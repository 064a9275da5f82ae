/** How many writes messages cost on a real connection, and that seldom news of room never stops a stream. */
import { Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createClusterKeyText, parseClusterKey } from '../../../daemon/network/cluster-key.ts';
import { Libp2pNetwork } from '../../../daemon/network/libp2p-network.ts';
import type { Stream } from '../../../daemon/network/libp2p-types.ts';
import { createNodeKey } from '../../../daemon/network/node-key.ts';
import { tellRoomSeldom } from '../../../daemon/network/window-updates.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const clusterKey = parseClusterKey(createClusterKeyText());
const text: Protocol<string, unknown, unknown> = {
  id: '/test/text/1',
  message: { parse: String },
  request: { parse: (body: unknown) => body },
  reply: { parse: (body: unknown) => body },
  maximumBytes: 1_000_000,
};

const networks: Libp2pNetwork[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(networks.splice(0).map((network) => network.stop()));
});

async function start(onMessage: (message: string) => void) {
  const network = new Libp2pNetwork(
    { clusterKey, nodeKey: await createNodeKey(), host: 'machine', incarnation: 1, listen: { host: '127.0.0.1' } },
    { clock: systemClock(), randomness: systemRandomness() },
  );
  networks.push(network);
  network.serve(text, { onMessage: (_, message) => onMessage(message) });
  const connected = new Promise<void>((resolve) => network.onPeer(() => resolve()));
  await network.start();
  return { network, connected };
}

/** Two connected nodes; `say` resolves when the message has arrived. */
async function startPair() {
  const heard: (() => void)[] = [];
  const near = await start(() => undefined);
  const far = await start(() => heard.shift()?.());
  await near.network.found(far.network.addresses()[0] ?? '');
  await Promise.all([near.connected, far.connected]);
  return (message: string): Promise<void> =>
    new Promise((resolve) => {
      heard.push(resolve);
      near.network.send(far.network.self, text, message);
    });
}

test('a small message costs one write, and no answer of the carrier', async () => {
  const say = await startPair();
  await say('opens the stream');
  const write = vi.spyOn(Socket.prototype, 'write');
  for (let count = 0; count < 50; count += 1) await say('beat');
  expect(write.mock.calls.length).toBeGreaterThanOrEqual(50);
  expect(write.mock.calls.length).toBeLessThan(60);
});

test('a stream carries many times its window, message by message and at once', async () => {
  const say = await startPair();
  const long = 'x'.repeat(200_000);
  for (let count = 0; count < 10; count += 1) await say(long);
  await Promise.all(Array.from({ length: 10 }, () => say(long)));
  for (let count = 0; count < 3000; count += 1) await say('x'.repeat(500));
});

test('a sender over its limits gets no more room until its debt is paid', async () => {
  const clock = new VirtualClock();
  let owed = 1500;
  const told: number[] = [];
  const stream = {
    ...{ status: 'open', recvWindow: 1000, recvWindowCapacity: 500 },
    sendWindowUpdate() {
      told.push(clock.now());
      this.recvWindowCapacity = this.recvWindow;
    },
  };
  tellRoomSeldom(stream as unknown as Stream, clock, () => owed);
  stream.sendWindowUpdate();
  await clock.advance(1000);
  stream.sendWindowUpdate();
  expect(told).toEqual([]);
  owed = 0;
  await clock.advance(1000);
  expect(told).toEqual([1500]);
});
