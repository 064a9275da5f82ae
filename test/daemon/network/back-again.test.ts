import { expect, test } from 'vitest';
import { start, startProxy, talk } from './network-bench.ts';

test('a connection that does not work though its peer is back is replaced', async () => {
  const [a, b] = [await start({ youngMs: 0 }), await start()];
  const proxy = await startProxy(b.address);
  await a.network.found(proxy.address);
  await a.until(() => a.count(`connected ${b.self}`) === 1);
  proxy.freeze();
  const asked = a.network.request(b.self, talk, 'before', 20_000).catch(() => 'lost');
  await a.network.isBack(b.self);
  await a.until(() => a.count(`connected ${b.self}`) === 2);
  expect(await asked).toBe('lost');
  expect(await a.network.request(b.self, talk, 'after', 5_000)).toBe('after');
  expect(a.count('disconnected')).toBe(0);
});

test('a connection that works is kept when its peer is back', async () => {
  const [a, b] = [await start({ youngMs: 0 }), await start()];
  await a.network.found(b.address);
  await a.until(() => a.count(`connected ${b.self}`) === 1);
  await a.network.isBack(b.self);
  expect(await a.network.request(b.self, talk, 'still', 5_000)).toBe('still');
  expect([a.count('connected'), a.count('problem')]).toEqual([1, 0]);
});

test('a connection that was only just made is not asked: it had no part in the silence', async () => {
  const [a, b] = [await start(), await start()];
  const proxy = await startProxy(b.address);
  await a.network.found(proxy.address);
  await a.until(() => a.count(`connected ${b.self}`) === 1);
  proxy.freeze();
  await a.network.isBack(b.self);
  expect([a.count('connected'), a.count('problem')]).toEqual([1, 0]);
});
