import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elapsed } from '../../../../daemon/network/beats/beat-memory.ts';
import { encodeBeat, openBeat, packetBytes, slotOf } from '../../../../daemon/network/beats/beat-packet.ts';
import { BeatWorld, offerOf } from '../../../support/beat-world.ts';
import { seededRandomness } from '../../../support/seeded-randomness.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** Two threads that know each other at place 0. */
function pair(seed = 1) {
  const world = new BeatWorld(new VirtualClock(), seededRandomness(seed));
  const [a, b] = [world.thread(1), world.thread(2)];
  a.open(0, b);
  b.open(0, a);
  return { world, clock: world.clock, a, b };
}

const count = (thread: ReturnType<typeof pair>['a']) => thread.memory.at(0, 'count');

test('beats arrive at the pace promised, with the age of the main loop, and their sender learns that they do', async () => {
  const { world, clock, a, b } = pair();
  a.memory.set('tickAt', world.now());
  a.beat([0], 250);
  await clock.advance(1010);
  expect(count(b)).toBeGreaterThanOrEqual(4);
  expect(b.memory.at(0, 'promisedMs')).toBe(250);
  expect(b.memory.at(0, 'loopAgeMs')).toBe(1000);
  expect(a.memory.at(0, 'isHeard')).toBe(1);
  expect(elapsed(a.memory.at(0, 'heardAt'), world.now())).toBeLessThanOrEqual(250);
});

test('a node that beats seldom still confirms at once what it hears', async () => {
  const { clock, a, b } = pair();
  a.beat([0], 250);
  b.beat([0], 2000);
  await clock.advance(900);
  expect(a.memory.at(0, 'isHeard')).toBe(1);
  expect(count(a)).toBeGreaterThan(2);
  expect(a.memory.at(0, 'promisedMs')).toBe(2000);
});

test('nobody who is no watcher gets beats, and closing ends them', async () => {
  const { world, clock, a, b } = pair();
  a.beat([0], 250);
  await clock.advance(600);
  a.exchange.close(0);
  const sent = world.sent.length;
  await clock.advance(600);
  expect(world.sent.slice(sent).filter(({ from }) => from === a.port)).toEqual([]);
  b.exchange.close(0);
});

test('before it slows down it says so several times', async () => {
  const { world, clock, a, b } = pair();
  a.beat([0], 250);
  await clock.advance(1000);
  a.beat([0], 2000);
  // The first three announcements are lost.
  world.faults = { loss: 1, delayMs: 1, jitterMs: 0 };
  await clock.advance(600);
  world.faults = { loss: 0, delayMs: 1, jitterMs: 0 };
  await clock.advance(600);
  expect(b.memory.at(0, 'promisedMs')).toBe(2000);
});

test('a missed peer is asked, and answers whatever its main loop does', async () => {
  const { world, clock, a, b } = pair();
  a.beat([0], 250);
  await clock.advance(1000);
  const before = count(b);
  // Its watchers are gone from its list, as when its beats get lost; only questions make it speak.
  a.beat([], 250);
  await clock.advance(1100);
  expect(count(b)).toBeGreaterThan(before);
  await clock.advance(20_000);
  const sent = world.sent.length;
  await clock.advance(20_000);
  expect(world.sent.length).toBe(sent);
});

test('standing still is noted with its length', async () => {
  const { clock, a } = pair();
  a.beat([0], 250);
  await clock.advance(1000);
  expect(a.memory.take('stoodStillMs')).toBe(0);
  a.pause();
  await clock.advance(5000);
  a.resume();
  expect(a.memory.take('stoodStillMs')).toBeGreaterThan(4700);
});

test('garbage of any kind changes nothing', async () => {
  const { world, clock, a, b } = pair();
  a.beat([0], 250);
  await clock.advance(600);
  const before = Array.from({ length: 8 }, (_, word) => new Int32Array(b.memory.buffer)[8 + word]);
  const own = Buffer.from(world.sent.find(({ from }) => from === 1)?.packet ?? []);
  const bent = fc.tuple(fc.nat(packetBytes - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
    const packet = Buffer.from(own);
    packet.writeUIntBE(1_000_000, 8, 6);
    packet[at] = (packet[at] ?? 0) ^ bits;
    return packet;
  });
  const anything = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  fc.assert(fc.property(fc.oneof(anything, bent), (packet) => b.exchange.receive(packet)));
  expect(Array.from({ length: 8 }, (_, word) => new Int32Array(b.memory.buffer)[8 + word])).toEqual(before);
});

test('a packet counts once, and one of an earlier connection never', async () => {
  const { world, clock, a, b } = pair();
  a.beat([0], 250);
  await clock.advance(1010);
  const before = count(b);
  for (const { from, packet } of [...world.sent]) if (from === a.port) b.exchange.receive(packet);
  expect(count(b)).toBe(before);
  const old = world.sent.filter(({ from }) => from === a.port).map(({ packet }) => packet);
  b.exchange.open({ place: 0, address: '', theirs: offerOf(1, 2), ours: { ...offerOf(2, 1), key: Buffer.alloc(32, 9).toString('base64url') } });
  for (const packet of old) b.exchange.receive(packet);
  expect(count(b)).toBe(before);
});

test('a flood with a right slot is not even looked at beyond some packets a second, and ends with the second', async () => {
  const { world, clock, a, b } = pair();
  a.beat([0], 250);
  await clock.advance(300);
  const before = count(b);
  const key = createSecretKey(Buffer.from(offerOf(2, 1).key, 'base64url'));
  const beat = { slot: offerOf(2, 1).slot, intervalMs: 250, loopAgeMs: 0, hears: true, asks: false };
  for (let sequence = 100; sequence < 5100; sequence += 1) b.exchange.receive(encodeBeat({ ...beat, sequence }, key));
  expect(count(b) - before).toBeLessThanOrEqual(40);
  await clock.advance(1100);
  b.exchange.receive(encodeBeat({ ...beat, sequence: 6000 }, key));
  expect(count(b) - before).toBeGreaterThan(1);
  expect(world.threads.size).toBe(2);
});

test('forged packets with a right slot keep no real beat out', async () => {
  const { clock, a, b } = pair();
  a.beat([0], 250);
  await clock.advance(300);
  const before = count(b);
  const forged = encodeBeat(
    { slot: offerOf(2, 1).slot, sequence: 2 ** 40, intervalMs: 250, loopAgeMs: 0, hears: true, asks: false },
    createSecretKey(Buffer.alloc(32, 7)),
  );
  for (let passed = 0; passed < 5000; passed += 50) {
    for (let packet = 0; packet < 41; packet += 1) b.exchange.receive(forged);
    await clock.advance(50);
  }
  expect(count(b) - before).toBeGreaterThanOrEqual(20);
});

test('what is sealed is read back, and slots are read from packets of the right shape only', () => {
  const key = createSecretKey(Buffer.alloc(32, 1));
  const beats = fc.record({
    slot: fc.nat(0xffff_ffff),
    sequence: fc.nat(2 ** 31 - 1),
    intervalMs: fc.nat(60_000),
    loopAgeMs: fc.nat(65_535),
    hears: fc.boolean(),
    asks: fc.boolean(),
  });
  fc.assert(
    fc.property(beats, (beat) => {
      const packet = encodeBeat(beat, key);
      expect(openBeat(packet, key)).toEqual(beat);
      expect(slotOf(packet)).toBe(beat.slot);
      expect(slotOf(Buffer.concat([packet, packet]))).toBeUndefined();
      expect(openBeat(packet, createSecretKey(Buffer.alloc(32, 2)))).toBeUndefined();
    }),
  );
});
