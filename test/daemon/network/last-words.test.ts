/** What a node says right before it stops is heard: that it will be back soon, above all. */
import { expect, test } from 'vitest';
import { start, startProxy, talk } from './network-bench.ts';

test('the first word of a protocol is heard though the node that said it stops at once and the way is slow', async () => {
  const [a, b] = [await start(), await start()];
  const proxy = await startProxy(b.address);
  await a.network.found(proxy.address);
  await a.until(() => a.count(`connected ${b.self}`) === 1);
  await b.until(() => b.count(`connected ${a.self}`) === 1);
  proxy.delay(200);
  a.network.send(b.self, talk, 'back soon');
  await a.network.stop();
  await b.until(() => b.count('disconnected') === 1);
  expect(b.log.slice(-2)).toEqual([`${a.self} said back soon`, `disconnected ${a.self}`]);
});

test('a peer that answers nothing does not keep a node from stopping', async () => {
  const [a, b] = [await start(), await start()];
  const proxy = await startProxy(b.address);
  await a.network.found(proxy.address);
  await a.until(() => a.count(`connected ${b.self}`) === 1);
  proxy.freeze();
  a.network.send(b.self, talk, 'back soon');
  await a.network.stop();
  expect(b.count(`${a.self} said`)).toBe(0);
});
