/** Nodes of the libp2p network on this machine, and a proxy between them; gone with the test. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createClusterKeyText, parseClusterKey } from '../../../daemon/network/cluster-key.ts';
import { Libp2pNetwork } from '../../../daemon/network/libp2p-network.ts';
import { createNodeKey, type NodeKey } from '../../../daemon/network/node-key.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';

export const clusterKey = parseClusterKey(createClusterKeyText());
const anything = { parse: (body: unknown) => body };
export const talk: Protocol<unknown, unknown, unknown> = { id: '/test/talk/1', message: anything, request: anything, reply: anything, maximumBytes: 1_000_000 };

/** A node and everything it reported, in order. */
export async function start(options: { nodeKey?: NodeKey; port?: number; prefer?: boolean; host?: string; incarnation?: number; youngMs?: number } = {}) {
  const log: string[] = [];
  const waiting = new Set<() => void>();
  const add = (line: string): void => {
    log.push(line);
    for (const look of [...waiting]) look();
  };
  const nodeKey = options.nodeKey ?? (await createNodeKey());
  const listen = { host: '127.0.0.1', port: options.port ?? 0, prefer: options.prefer ?? false };
  const network = new Libp2pNetwork(
    {
      clusterKey,
      nodeKey,
      host: options.host ?? 'machine',
      incarnation: options.incarnation ?? 7,
      listen,
      ...(options.youngMs === undefined ? {} : { youngMs: options.youngMs }),
    },
    {
      clock: systemClock(),
      randomness: systemRandomness(),
      problem: (_, reason) => add(`problem ${reason}`),
      identityInUse: (rival) => add(`also on ${rival.host}`),
      learned: (node, addresses) => add(`learned ${node} ${addresses.join(' ')}`),
    },
  );
  network.onPeer((event) => add(`${event.type} ${event.peer}`));
  network.serve(talk, { onMessage: (from, message) => add(`${from} said ${message}`), onRequest: async (_, request) => request });
  onTestFinished(() => network.stop());
  await network.start();
  const [address = ''] = network.addresses();
  const count = (text: string) => log.filter((line) => line.startsWith(text)).length;
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { network, self: network.self, address, log, count, until };
}

/** Forwards TCP; its connections can be broken, or kept without a word getting through. */
export async function startProxy(target: string) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.split(':')[1]), '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const freeze = (): void => {
    for (const socket of sockets) socket.removeAllListeners('close').unpipe().pause();
  };
  /** Nothing gets through for so long, and then all of it does. */
  const delay = (milliseconds: number): void => {
    const held = [...sockets];
    for (const socket of held) socket.pause();
    setTimeout(() => held.forEach((socket) => void socket.resume()), milliseconds);
  };
  const breakAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
    sockets.clear();
  };
  onTestFinished(async () => {
    breakAll();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, breakAll, freeze, delay };
}
