import { beforeEach, expect, test } from 'vitest';
import { Dialer } from '../../../daemon/network/dialer.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

let clock: VirtualClock;
let dials: string[];
let connected: Set<string>;
let learned: string[];
let answers: boolean;

beforeEach(() => {
  clock = new VirtualClock();
  dials = [];
  connected = new Set();
  learned = [];
  answers = false;
});

function dialer(self = 'm'): Dialer {
  const made = new Dialer(
    { self },
    {
      clock,
      randomness: seededRandomness(3),
      async dial(node, addresses) {
        dials.push(`${Math.round(clock.now())} ${node} ${addresses.join(' ')}`);
        if (!answers) throw new Error('nobody there');
        connected.add(node);
        made.connected(node, addresses[0]);
      },
      isConnected: (node) => connected.has(node),
      learned: (node, addresses) => learned.push(`${node} ${addresses.join(' ')}`),
    },
  );
  made.start();
  return made;
}

test('the smaller id dials at once, the larger leaves it time', async () => {
  answers = true;
  const own = dialer('m');
  own.learn('z', ['10.0.0.1:1'], false);
  own.learn('a', ['10.0.0.2:1'], false);
  await clock.advance(1000);
  expect(dials).toEqual(['0 z 10.0.0.1:1']);
  await clock.advance(1000);
  expect(dials[1]).toBe('1500 a 10.0.0.2:1');
});

test('a peer that came by itself is not dialled', async () => {
  const own = dialer('m');
  own.learn('a', ['10.0.0.2:1'], false);
  connected.add('a');
  own.connected('a', undefined);
  await clock.advance(600_000);
  expect(dials).toEqual([]);
});

test('failed attempts come again with growing pauses that end at half a minute or so', async () => {
  dialer().learn('z', ['10.0.0.1:1'], false);
  await clock.advance(600_000);
  const times = dials.map((dial) => Number(dial.split(' ')[0]));
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(pauses.length).toBeGreaterThan(15);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(37_500);
  expect(pauses[0]).toBeLessThan(3000);
});

test('a sign of life ends a long pause, hearsay of what is known does not', async () => {
  const own = dialer();
  own.learn('z', ['10.0.0.1:1'], false);
  await clock.advance(300_000);
  const before = dials.length;
  own.learn('z', ['10.0.0.1:1'], false);
  await clock.advance(10);
  expect(dials.length).toBe(before);
  own.learn('z', ['10.0.0.1:1'], true);
  await clock.advance(10);
  expect(dials.length).toBe(before + 1);
});

test('a lost peer is tried once at once, and the address that worked comes first', async () => {
  answers = true;
  const own = dialer();
  own.learn('z', ['10.0.0.1:1', '10.0.0.2:1'], false);
  await clock.advance(10);
  own.connected('z', '10.0.0.2:1');
  connected.delete('z');
  expect(await own.redial('z')).toBe(true);
  expect(dials[1]).toMatch(/ z 10.0.0.2:1 10.0.0.1:1$/);
});

test('a peer that was lost is tried every two seconds for minutes, and only then more seldom', async () => {
  answers = true;
  const own = dialer();
  own.learn('z', ['10.0.0.1:1'], false);
  await clock.advance(10);
  answers = false;
  connected.delete('z');
  dials = [];
  await own.redial('z');
  own.later('z');
  const pausesIn = async (milliseconds: number): Promise<readonly number[]> => {
    dials = dials.slice(-1);
    await clock.advance(milliseconds);
    const times = dials.map((dial) => Number(dial.split(' ')[0]));
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  };
  const first = await pausesIn(300_000);
  expect(Math.max(...first)).toBeLessThanOrEqual(2_000);
  expect(Math.min(...first)).toBeGreaterThanOrEqual(750);
  await clock.advance(400_000);
  expect(Math.min(...(await pausesIn(600_000)))).toBeGreaterThan(20_000);
});

test('nothing is dialled for oneself, for nobody, or after the stop', async () => {
  const own = dialer('m');
  own.learn('m', ['10.0.0.1:1'], true);
  own.learn('z', [], true);
  expect(await own.redial('unknown')).toBe(false);
  own.learn('y', ['10.0.0.3:1'], false);
  own.stop();
  await clock.advance(60_000);
  expect(dials).toEqual([]);
  expect(learned).toEqual(['y 10.0.0.3:1']);
});

test('of a peer with countless addresses only some are kept, the newest sightings first', () => {
  const own = dialer();
  for (let index = 0; index < 100; index += 1) own.learn('z', [`10.0.0.${index}:1`], true);
  expect(own.addresses('z')).toHaveLength(16);
  expect(own.addresses('z')[0]).toBe('10.0.0.99:1');
});

test('whatever is announced for a peer, the address at which it was reached stays', async () => {
  answers = true;
  const own = dialer();
  own.learn('z', ['10.0.0.1:1'], false);
  await clock.advance(10);
  for (let index = 0; index < 100; index += 1) own.learn('z', [`10.9.9.${index}:1`], true);
  expect(own.addresses('z')).toContain('10.0.0.1:1');
  expect(own.addresses('z')).toHaveLength(16);
});

test('what strangers announce is not kept, and of thousands of nodes that nobody reached only some are tried', async () => {
  const own = dialer();
  own.learn('y', ['10.0.0.1:1'], false);
  for (let round = 0; round < 20; round += 1) {
    for (let index = 0; index < 100; index += 1) own.learn(`z-${round}-${index}`, ['10.9.9.9:1'], true);
    await clock.advance(1000);
  }
  dials = [];
  await clock.advance(120_000);
  expect(new Set(dials.map((dial) => dial.split(' ')[1])).size).toBe(65);
  expect(learned).toEqual(['y 10.0.0.1:1']);
});

test('a node that was announced is kept once a member tells of it', () => {
  const own = dialer();
  own.learn('z', ['10.0.0.1:1'], true);
  expect(learned).toEqual([]);
  own.learn('z', ['10.0.0.1:1'], false);
  expect(learned).toEqual(['z 10.0.0.1:1']);
});

test('a new address that was announced is kept once the peer was reached there', () => {
  const own = dialer();
  own.learn('z', ['10.0.0.1:1'], false);
  own.learn('z', ['10.0.0.2:1'], true);
  expect(learned).toEqual(['z 10.0.0.1:1']);
  own.connected('z', '10.0.0.2:1');
  own.connected('z', '10.0.0.2:1');
  expect(learned).toEqual(['z 10.0.0.1:1', 'z 10.0.0.2:1 10.0.0.1:1']);
});

test('connections that break as soon as they stand are not made anew without end', async () => {
  answers = true;
  const own = dialer();
  own.learn('z', ['10.0.0.1:1'], false);
  for (let breaks = 0; breaks < 600; breaks += 1) {
    await clock.advance(100);
    if (!connected.delete('z')) continue;
    if (!(await own.redial('z'))) own.later('z');
  }
  expect(dials.length).toBeLessThan(60);
  expect(dials.length).toBeGreaterThan(20);
  // One that lasted is replaced at once again.
  await clock.advance(10_000);
  expect(connected.delete('z')).toBe(true);
  expect(await own.redial('z')).toBe(true);
});
