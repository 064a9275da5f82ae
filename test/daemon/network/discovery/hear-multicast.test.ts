import { expect, test } from 'vitest';
import { hearMulticast } from '../../../../daemon/network/discovery/hear-multicast.ts';
import { textRecord } from '../../../../daemon/network/discovery/mdns-records.ts';
import type { OpenMdnsSocket } from '../../../../daemon/network/discovery/mdns-socket.ts';
import { seededRandomness } from '../../../support/seeded-randomness.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const entry = (address: string) => ({ address, netmask: '255.255.255.0', family: 'IPv4', mac: address, internal: false, cidr: `${address}/24` }) as const;
const interfaces = () => ({ eth0: [entry('10.0.0.1')], wlan0: [entry('10.0.1.1')], tun0: [entry('10.0.2.1')] });
const stranger = { cluster: '0123456789abcdef', node: 'Q'.repeat(46), address: '10.0.0.9:7946' };

test('names the interfaces that hear themselves, those that do not and why, and who else is there', async () => {
  const clock = new VirtualClock();
  const closed: string[] = [];
  const all: Parameters<OpenMdnsSocket>[1][] = [];
  const openSocket: OpenMdnsSocket = (address, events) => {
    all.push(events);
    if (address === '10.0.2.1') events.failed(new Error('no such device'));
    return {
      query: () => events.heard(textRecord(stranger)),
      // What goes out on eth0 reaches every socket of the machine, as the kernel does it; wlan0 is dropped.
      announce: (record) => address === '10.0.0.1' && all.forEach((one) => void one.heard(record)),
      close: () => void closed.push(address),
    };
  };
  const hearing = hearMulticast(1400, { clock, randomness: seededRandomness(3), openSocket, interfaces });
  await clock.advance(1400);
  expect(await hearing).toEqual({
    interfaces: [
      { name: 'eth0', address: '10.0.0.1', heardItself: true },
      { name: 'wlan0', address: '10.0.1.1', heardItself: false },
      { name: 'tun0', address: '10.0.2.1', heardItself: false, problem: 'no such device' },
    ],
    sightings: [stranger],
  });
  expect(closed.toSorted()).toEqual(['10.0.0.1', '10.0.1.1', '10.0.2.1']);
});
