/** What only the libp2p network has to do: hellos, crossing dials, broken connections, rude peers. */
import { multiaddr } from '@multiformats/multiaddr';
import { expect, onTestFinished, test } from 'vitest';
import { encodeControl, helloProtocol } from '../../../daemon/network/hello.ts';
import { createLibp2pNode } from '../../../daemon/network/libp2p-node.ts';
import { createNodeKey } from '../../../daemon/network/node-key.ts';
import { clusterKey, start, startProxy, talk } from './network-bench.ts';

/** A libp2p node that knows the cluster key and nothing of our manners. */
async function startRude() {
  const node = await createLibp2pNode({
    nodeKey: await createNodeKey(),
    prologues: clusterKey.prologues,
    listen: '/ip4/127.0.0.1/tcp/0',
    life: 'rude',
    isBanned: () => false,
    enters: () => true,
    metOwnLife: () => undefined,
  });
  onTestFinished(async () => node.stop());
  await node.start();
  const dial = (address: string) => node.dial(multiaddr(`/ip4/127.0.0.1/tcp/${address.split(':')[1]}`));
  return { node, dial };
}

test('nodes tell each other who and where they are', async () => {
  const [a, b] = [await start(), await start()];
  await a.network.found(b.address);
  await b.until(() => b.count(`connected ${a.self}`) === 1);
  expect(b.network.greeting(a.self)).toMatchObject({ host: 'machine', incarnation: 7 });
  expect(b.log).toContain(`learned ${a.self} ${a.address}`);
  expect(b.network.greeting('nobody')).toBeUndefined();
});

test('a name that leads to a connected peer is not dialled again', async () => {
  const [a, b] = [await start(), await start()];
  const name = b.address.replace('127.0.0.1', 'localhost');
  await a.network.found(name);
  await b.until(() => b.count('connected') === 1);
  for (let round = 0; round < 3; round += 1) await a.network.found(name);
  expect(await b.network.request(a.self, talk, 'quiet', 5000)).toBe('quiet');
  expect([...a.log, ...b.log].filter((line) => /^(problem|connected|disconnected)/.test(line))).toEqual([`connected ${b.self}`, `connected ${a.self}`]);
});

test('when both dial at the same moment, one connection is left and it works', async () => {
  for (let round = 0; round < 5; round += 1) {
    const [a, b] = [await start(), await start()];
    await Promise.all([a.network.found(b.address), b.network.found(a.address), a.network.found(b.address, b.self), b.network.found(a.address, a.self)]);
    await a.until(() => a.network.connected().includes(b.self));
    await b.until(() => b.network.connected().includes(a.self));
    expect(await a.network.request(b.self, talk, 'from a', 5000)).toBe('from a');
    expect(await b.network.request(a.self, talk, 'from b', 5000)).toBe('from b');
    expect([a.count('disconnected'), b.count('disconnected')]).toEqual([0, 0]);
  }
});

test('a broken connection is replaced at once and told as a new one', async () => {
  const [a, b] = [await start(), await start()];
  const proxy = await startProxy(b.address);
  await a.network.found(proxy.address);
  await b.until(() => b.count(`connected ${a.self}`) === 1);
  const failed = expect(a.network.request(b.self, { ...talk, id: '/test/silent/1' }, 'lost', 60_000)).rejects.toThrow();
  proxy.breakAll();
  await failed;
  await a.until(() => a.count(`connected ${b.self}`) === 2);
  await b.until(() => b.count(`connected ${a.self}`) >= 2);
  expect([a.count('disconnected'), b.count('disconnected')]).toEqual([0, 0]);
  expect(await a.network.request(b.self, talk, 'again', 5000)).toBe('again');
});

test('a peer that is gone without a bye is reported after one attempt', async () => {
  const [a, b] = [await start(), await start()];
  const proxy = await startProxy(b.address);
  await a.network.found(proxy.address);
  await a.until(() => a.count(`connected ${b.self}`) === 1);
  await b.network.stop();
  proxy.breakAll();
  await a.until(() => a.count(`disconnected ${b.self}`) === 1);
  expect(a.network.connected()).toEqual([]);
});

test('a node that restarts on its port under its id is found again by the others', async () => {
  const nodeKey = await createNodeKey();
  const a = await start();
  const first = await start({ nodeKey });
  await a.network.found(first.address);
  await a.until(() => a.count(`connected ${first.self}`) === 1);
  const port = first.network.port();
  await first.network.stop();
  await a.until(() => a.count(`disconnected ${first.self}`) === 1);
  const second = await start({ nodeKey, port });
  await second.until(() => second.count(`connected ${a.self}`) === 1);
  await a.until(() => a.count(`connected ${first.self}`) === 2);
});

test('who speaks before the hello is not seen and gets no answer', async () => {
  const a = await start();
  const rude = await startRude();
  const connection = await rude.dial(a.address);
  const closed = new Promise((resolve) => connection.addEventListener('close', resolve));
  connection.newStream(talk.id).catch(() => undefined);
  await closed;
  expect(a.network.connected()).toEqual([]);
  expect(a.log).toEqual(['problem it did not say hello first']);
});

test.each([
  ['bytes that are no frame', Uint8Array.from({ length: 64 }, () => 255)],
  ['a frame that is no hello', encodeControl({ kind: 'ready' }).map((byte, index) => (index === 12 ? 0 : byte))],
  ['the hello of another node', encodeControl({ kind: 'hello', wire: 1, node: 'x', cluster: clusterKey.clusterId, host: 'h', incarnation: 1, addresses: [] })],
  ['the hello of another cluster', encodeControl({ kind: 'hello', wire: 1, node: 'x', cluster: '0'.repeat(64), host: 'h', incarnation: 1, addresses: [] })],
  [
    'the hello of another version',
    encodeControl({ kind: 'hello', wire: 9, node: 'x', cluster: clusterKey.clusterId, host: 'h', incarnation: 1, addresses: [] }),
  ],
])('%s instead of a proper hello closes the connection and hurts nobody', async (_, bytes) => {
  const [a, b] = [await start(), await start()];
  await a.network.found(b.address);
  await a.until(() => a.count('connected') === 1);
  const rude = await startRude();
  const connection = await rude.dial(a.address);
  const closed = new Promise((resolve) => connection.addEventListener('close', resolve));
  const stream = await connection.newStream(helloProtocol);
  stream.send(bytes);
  await closed;
  expect(a.network.connected()).toEqual([b.self]);
  expect(await b.network.request(a.self, talk, 'well', 5000)).toBe('well');
});

test('a node does not connect to itself, nor to a copy of itself', async () => {
  const nodeKey = await createNodeKey();
  const [a, copy] = [await start({ nodeKey }), await start({ nodeKey })];
  await a.network.found(a.address);
  await a.network.found(copy.address);
  await a.network.found(copy.address, copy.self);
  expect([...a.network.connected(), ...copy.network.connected()]).toEqual([]);
  await a.network.found(copy.address);
  expect(a.log).toEqual(['also on ']);
});

test('its own address as others see it, through a router, is no copy of a node', async () => {
  const a = await start();
  const router = await startProxy(a.address);
  await a.network.found(router.address);
  await a.network.found(router.address.replace('127.0.0.1', 'localhost'));
  expect(a.log).toEqual([]);
});

// Copies of one disk without a clock count the same incarnation.
test.each([1, 2])('two live holders of one key are both refused, each told of the other, and nobody else is harmed: incarnations 1 and %i', async (other) => {
  const nodeKey = await createNodeKey();
  const [third, fourth] = [await start(), await start()];
  const one = await start({ nodeKey, host: 'first', incarnation: 1 });
  const two = await start({ nodeKey, host: 'second', incarnation: other });
  await third.network.found(fourth.address);
  await one.network.found(third.address);
  await third.until(() => third.count(`connected ${one.self}`) === 1);
  await two.network.found(third.address, third.self);
  await one.until(() => one.count('also on second') > 0);
  await two.until(() => two.count('also on first') > 0);
  await third.until(() => third.count(`disconnected ${one.self}`) === 1);
  expect(third.network.connected()).toEqual([fourth.self]);
  expect(third.count(`connected ${one.self}`)).toBe(1);
  expect(await fourth.network.request(third.self, talk, 'well', 5000)).toBe('well');
});

test('a later life is taken though the connection of the one before is only dead, not closed', async () => {
  const nodeKey = await createNodeKey();
  const [third, one] = [await start(), await start({ nodeKey, incarnation: 1 })];
  const proxy = await startProxy(third.address);
  await one.network.found(proxy.address);
  await third.until(() => third.count(`connected ${one.self}`) === 1);
  proxy.freeze();
  await one.network.stop();
  const two = await start({ nodeKey, incarnation: 2 });
  await two.network.found(third.address, third.self);
  await third.until(() => third.count(`connected ${one.self}`) === 2);
  expect([...one.log, ...two.log].filter((line) => line.startsWith('also'))).toEqual([]);
  expect(third.network.greeting(two.self)?.incarnation).toBe(2);
});

test('a port in use is named, and gives way where it was only remembered', async () => {
  const a = await start();
  await expect(start({ port: a.network.port() })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(String(a.network.port())) });
  const b = await start({ port: a.network.port(), prefer: true });
  expect(b.network.port()).not.toBe(a.network.port());
});

test('a burst larger than every buffer arrives whole and in order', async () => {
  const [a, b] = [await start(), await start()];
  await a.network.found(b.address);
  await a.until(() => a.count('connected') === 1);
  const text = 'x'.repeat(100_000);
  for (let index = 0; index < 150; index += 1) a.network.send(b.self, talk, `${index} ${text}`);
  await b.until(() => b.count(`${a.self} said`) === 150);
  const heard = b.log.filter((line) => line.includes(' said ')).map((line) => Number(line.split(' ')[2]));
  expect(heard).toEqual(Array.from({ length: 150 }, (_, index) => index));
});

test('a peer for which more waits than it can ever take is cut off', async () => {
  const [a, b] = [await start(), await start()];
  await a.network.found(b.address);
  await a.until(() => a.count('connected') === 1);
  const text = 'x'.repeat(900_000);
  for (let index = 0; index < 60; index += 1) a.network.send(b.self, talk, text);
  await a.until(() => a.count('problem') > 0);
  expect(a.log.find((line) => line.startsWith('problem'))).toMatch(/keep up/);
});
