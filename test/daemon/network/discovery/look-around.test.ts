import { expect, test } from 'vitest';
import { lookAround } from '../../../../daemon/network/discovery/look-around.ts';
import { textRecord } from '../../../../daemon/network/discovery/mdns-records.ts';
import type { MdnsEvents, OpenMdnsSocket } from '../../../../daemon/network/discovery/mdns-socket.ts';
import { PairingSign } from '../../../../daemon/network/discovery/pairing-sign.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const entry = (address: string) => [{ address, family: 'IPv4' as const, internal: false, mac: '00:00:00:00:00:00', netmask: '255.0.0.0', cidr: null }];
const interfaces = () => ({ eth0: entry('10.0.0.1') });

function segment() {
  const open = new Set<MdnsEvents>();
  const openSocket: OpenMdnsSocket = (_, events) => {
    open.add(events);
    return {
      query: () => [...open].forEach((other) => void other.asked()),
      announce: (record) => [...open].forEach((other) => void other.heard(record)),
      close: () => void open.delete(events),
    };
  };
  return { open, openSocket };
}

test('a machine without a cluster sees the others, and at once a door that is open', async () => {
  const clock = new VirtualClock();
  const { open, openSocket } = segment();
  const sign = new PairingSign({ clusterHash: 'ab'.repeat(32) }, { clock, openSocket, interfaces });
  const looking = lookAround(2000, { clock, openSocket, interfaces });
  const other = openSocket('10.0.0.2', { asked: () => undefined, heard: () => undefined, failed: () => undefined });
  other.announce(textRecord({ cluster: 'cd'.repeat(8), node: `12D3KooW${'a'.repeat(40)}`, address: '10.0.0.2:7946' }));
  sign.show(4711);
  expect(await looking).toEqual({ doors: new Map([['ab'.repeat(8), '10.0.0.1:4711']]), clusters: new Set(['cd'.repeat(8), 'ab'.repeat(8)]) });
  other.close();
  // Nobody looks after it any more.
  await clock.advance(5000);
  expect(open.size).toBe(0);
});

test('where nobody speaks it has seen nothing after its time', async () => {
  const clock = new VirtualClock();
  const { open, openSocket } = segment();
  const looking = lookAround(2000, { clock, openSocket, interfaces });
  await clock.advance(2000);
  expect(await looking).toEqual({ doors: new Map(), clusters: new Set() });
  expect(open.size).toBe(0);
});
