/** A peer whose main loop stands still is lost after ten seconds, not sooner: whatever is asked of it meanwhile waits. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createClusterKeyText, parseClusterKey } from '../../../daemon/network/cluster-key.ts';
import { Libp2pNetwork } from '../../../daemon/network/libp2p-network.ts';
import { createNodeKey } from '../../../daemon/network/node-key.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';

const clusterKey = parseClusterKey(createClusterKeyText());
const anything = { parse: (body: unknown) => body };
const talk: Protocol<unknown, unknown, unknown> = { id: '/test/talk/1', message: anything, request: anything, reply: anything, maximumBytes: 1000 };

async function start(): Promise<{ readonly network: Libp2pNetwork; readonly problems: string[] }> {
  const problems: string[] = [];
  const network = new Libp2pNetwork(
    { clusterKey, nodeKey: await createNodeKey(), host: 'machine', incarnation: 1, listen: { host: '127.0.0.1' } },
    { clock: systemClock(), randomness: systemRandomness(), problem: (_, reason) => problems.push(reason) },
  );
  network.serve(talk, { onRequest: async (_, request) => request });
  onTestFinished(() => network.stop());
  await network.start();
  return { network, problems };
}

/** Forwards TCP to that port, and holds it all back while told. */
async function startGate(port: number) {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    sockets.push(near, far);
    near.on('data', (bytes) => far.write(bytes)).on('close', () => far.destroy());
    far.on('data', (bytes) => near.write(bytes)).on('close', () => near.destroy());
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: () => sockets.forEach((socket) => void socket.pause()),
    release: () => sockets.forEach((socket) => void socket.resume()),
  };
}

test('the first word of a protocol waits for a peer that stands still for six seconds', async () => {
  const [one, other] = [await start(), await start()];
  const gate = await startGate(other.network.port());
  const met = new Promise((resolve) => one.network.onPeer(resolve));
  await one.network.found(gate.address);
  await met;
  gate.hold();
  const answer = one.network.request(other.network.self, talk, 'still there?', 20_000);
  setTimeout(gate.release, 6000);
  expect(await answer).toBe('still there?');
  expect([one.problems, other.problems]).toEqual([[], []]);
});
