import { expect, test } from 'vitest';
import { createStaticPeers } from '../../../../daemon/network/discovery/static-peers.ts';
import { seededRandomness } from '../../../support/seeded-randomness.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

test('named addresses are tried at once and again with growing pauses, until stopped', async () => {
  const clock = new VirtualClock();
  const found: string[] = [];
  const source = createStaticPeers(['studio.local:7800', ' [fe80::1]:7800 '], { clock, randomness: seededRandomness(1) });
  source.start((address) => found.push(address));
  expect(found).toEqual(['studio.local:7800', '[fe80::1]:7800']);
  await clock.advance(120_000);
  expect(found.length / 2).toBeGreaterThanOrEqual(6);
  expect(found.length / 2).toBeLessThanOrEqual(14);
  source.stop();
  const before = found.length;
  await clock.advance(600_000);
  expect(found.length).toBe(before);
});

test.each(['', 'host', 'host:0', 'host:70000', 'a b:1', 'http://x:1/'])('%j is not an address', (text) => {
  expect(() => createStaticPeers([text], { clock: new VirtualClock(), randomness: seededRandomness(1) })).toThrow(expect.objectContaining({ code: 'usage' }));
});
