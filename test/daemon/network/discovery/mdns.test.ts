import { expect, test } from 'vitest';
import { createMdns } from '../../../../daemon/network/discovery/mdns.ts';
import { readTextRecord, textRecord } from '../../../../daemon/network/discovery/mdns-records.ts';
import type { MdnsEvents, OpenMdnsSocket } from '../../../../daemon/network/discovery/mdns-socket.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const clusterHash = 'ab'.repeat(32);

/** A segment on which every open socket hears every other, its own packets included, as multicast loopback does. */
function createSegment() {
  const sockets = new Map<object, MdnsEvents>();
  let packets = 0;
  const opened: string[] = [];
  const openSocket: OpenMdnsSocket = (address, events) => {
    const all = (tell: (other: MdnsEvents) => void): void => {
      packets += sockets.size;
      for (const other of [...sockets.values()]) tell(other);
    };
    const socket = {
      query: () => all((other) => other.asked()),
      announce: (record: object) => all((other) => other.heard(record)),
      close: () => void sockets.delete(socket),
    };
    opened.push(address);
    sockets.set(socket, events);
    return socket;
  };
  return { openSocket, opened, sockets, packets: () => packets };
}

function interfaces(...entries: readonly [name: string, address: string][]) {
  return Object.fromEntries(
    entries.map(([name, address]) => [
      name,
      [{ address, family: 'IPv4' as const, internal: name === 'lo', mac: '00:00:00:00:00:00', netmask: '255.0.0.0', cidr: null }],
    ]),
  );
}

const id = (letter: string) => `12D3KooW${letter.repeat(40)}`;

function node(clock: VirtualClock, segment: ReturnType<typeof createSegment>, letter: string, address: string, hash = clusterHash) {
  const found: string[] = [];
  const state = { interfaces: interfaces(['lo', '127.0.0.1'], ['eth0', address], ['docker0', '172.17.0.1']) };
  const source = createMdns(
    { self: id(letter), clusterHash: hash },
    { clock, openSocket: segment.openSocket, interfaces: () => state.interfaces, addresses: () => [`${address}:7800`] },
  );
  source.start((seen, who) => found.push(`${seen} ${who}`));
  return { source, found, state };
}

test('nodes of one cluster find each other within seconds of starting, whoever starts first', async () => {
  const clock = new VirtualClock();
  const segment = createSegment();
  const a = node(clock, segment, 'a', '10.0.0.1');
  await clock.advance(60_000);
  const b = node(clock, segment, 'b', '10.0.0.2');
  await clock.advance(1500);
  expect(a.found).toEqual([`10.0.0.2:7800 ${id('b')}`]);
  expect(b.found).toEqual([`10.0.0.1:7800 ${id('a')}`]);
});

test('other clusters are not reported, and bridges of container engines get no socket', async () => {
  const clock = new VirtualClock();
  const segment = createSegment();
  const a = node(clock, segment, 'a', '10.0.0.1');
  const stranger = node(clock, segment, 'c', '10.0.0.3', 'cd'.repeat(32));
  await clock.advance(60_000);
  expect([...a.found, ...stranger.found]).toEqual([]);
  expect(segment.opened).toEqual(['10.0.0.1', '10.0.0.3']);
});

test('an interface that comes later is joined, one that goes is left', async () => {
  const clock = new VirtualClock();
  const segment = createSegment();
  const a = node(clock, segment, 'a', '10.0.0.1');
  a.state.interfaces = interfaces(['lo', '127.0.0.1'], ['eth1', '10.9.0.1']);
  await clock.advance(11_000);
  expect(segment.opened).toEqual(['10.0.0.1', '10.9.0.1']);
  expect(segment.sockets.size).toBe(1);
  a.source.stop();
  expect(segment.sockets.size).toBe(0);
});

test('a flood of questions gets one answer a second', async () => {
  const clock = new VirtualClock();
  const segment = createSegment();
  node(clock, segment, 'a', '10.0.0.1');
  await clock.advance(10_000);
  const before = segment.packets();
  for (let turn = 0; turn < 100; turn += 1) {
    for (const events of segment.sockets.values()) events.asked();
    await clock.advance(50);
  }
  expect(segment.packets() - before).toBeLessThanOrEqual(6);
});

test('invented sightings do not fill the memory', async () => {
  const clock = new VirtualClock();
  const segment = createSegment();
  const a = node(clock, segment, 'a', '10.0.0.1');
  const [events] = segment.sockets.values();
  for (let port = 1; port < 5000; port += 1) events?.heard(textRecord({ cluster: 'ab'.repeat(8), node: id('z'), address: `10.0.0.9:${port}` }));
  expect(a.found.length).toBe(512);
});

test('a record reads back, and one that is not well made is nothing', () => {
  const sighting = { cluster: '0123456789abcdef', node: id('q'), address: '192.168.1.7:41000' };
  const record = textRecord(sighting);
  expect(readTextRecord({ ...record, data: record.data.map((text) => Buffer.from(text)) })).toEqual(sighting);
  for (const damaged of [
    {},
    { ...record, type: 'A' },
    { ...record, name: 'printer._ipp._tcp.local' },
    { ...record, data: 'c=0123456789abcdef' },
    { ...record, data: [record.data[0], record.data[1]] },
    { ...record, data: [record.data[0], 'p=../..', record.data[2]] },
    { ...record, data: [record.data[0], record.data[1], 'a=evil.example:1'] },
    { ...record, data: [record.data[0], record.data[1], 'a=10.0.0.1:99999'] },
  ]) {
    expect(readTextRecord(damaged)).toBeUndefined();
  }
});
