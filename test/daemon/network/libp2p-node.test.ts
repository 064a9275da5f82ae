import { multiaddr } from '@multiformats/multiaddr';
import { expect, onTestFinished, test } from 'vitest';
import { createLibp2pNode, listeningPort } from '../../../daemon/network/libp2p-node.ts';
import { createNodeKey } from '../../../daemon/network/node-key.ts';

async function start(life: string) {
  const node = await createLibp2pNode({
    ...{ nodeKey: await createNodeKey(), prologues: [{ protocol: '/noise', bytes: Uint8Array.of(1) }], listen: '/ip4/127.0.0.1/tcp/0', life },
    ...{ isBanned: () => false, metOwnLife: () => undefined, enters: () => true },
  });
  onTestFinished(async () => node.stop());
  await node.start();
  return node;
}

test('connections and streams have no loggers of their own, which would be a third of what they take', async () => {
  const [one, other] = [await start('one'), await start('other')];
  await other.handle('/test/1', () => undefined);
  const connection = await one.dial(multiaddr(`/ip4/127.0.0.1/tcp/${listeningPort(other)}`));
  const stream = await connection.newStream('/test/1');
  expect(connection.log).toBe(stream.log);
  expect(connection.log.newScope('more')).toBe(stream.log);
});
