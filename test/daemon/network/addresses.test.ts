import { expect, test } from 'vitest';
import { formatAddress, multiaddrTexts, parseAddress, reachableHosts } from '../../../daemon/network/addresses.ts';

const entry = (address: string, internal = false, family: 'IPv4' | 'IPv6' = 'IPv4') =>
  ({ address, internal, family, netmask: '', mac: '', cidr: null, scopeid: 0 }) as never;
const lo = { lo: [entry('127.0.0.1', true), entry('::1', true, 'IPv6')] };
const docker = { docker0: [entry('172.17.0.1')], 'br-0123456789ab': [entry('172.18.0.1')] };

test('bridges of container engines and loopback are never told to peers where there is a real interface', () => {
  expect(reachableHosts({ ...lo, ...docker, eth0: [entry('192.168.1.5'), entry('fe80::1', false, 'IPv6')], wlan0: [entry('10.1.1.1')] })).toEqual([
    '192.168.1.5',
    '10.1.1.1',
  ]);
});

test('a machine with nothing else tells bridges, and with not even that loopback', () => {
  expect(reachableHosts({ ...lo, ...docker })).toEqual(['172.17.0.1', '172.18.0.1']);
  expect(reachableHosts(lo)).toEqual(['127.0.0.1']);
  expect(reachableHosts({})).toEqual([]);
});

test('addresses read back as written', () => {
  for (const text of ['1.2.3.4:5', 'studio.local:7800', '[fe80::1]:65535']) expect(formatAddress(parseAddress(text))).toBe(text);
});

test('names are looked up, numbers are not', async () => {
  expect(await multiaddrTexts({ host: '10.0.0.1', port: 7 })).toEqual(['/ip4/10.0.0.1/tcp/7']);
  expect(await multiaddrTexts({ host: '::1', port: 7 })).toEqual(['/ip6/::1/tcp/7']);
  expect((await multiaddrTexts({ host: 'localhost', port: 7 })).some((text) => text === '/ip4/127.0.0.1/tcp/7' || text === '/ip6/::1/tcp/7')).toBe(true);
});
