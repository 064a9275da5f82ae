import { describe, expect, test } from 'vitest';
import { type HttpSettings, isLoopback, listenAddress } from '../../../daemon/http/listen-address.ts';

const plain: HttpSettings = { bind: undefined, port: undefined, tlsCert: undefined, tlsKey: undefined, names: [], folders: [] };
const files = { tlsCert: '/c.pem', tlsKey: '/k.pem' };

test('without a word it is loopback, port 3000 or the next that is free, in plain text', () => {
  const { address, ports, tls } = listenAddress(plain);
  expect({ address, tls }).toEqual({ address: '127.0.0.1', tls: undefined });
  expect([ports[0], ports[1], ports.at(-1)]).toEqual([3000, 3001, 0]);
});

test('a port that was asked for is taken, or none', () => {
  expect(listenAddress({ ...plain, port: 8080 }).ports).toEqual([8080]);
});

test.each([
  ['0.0.0.0'],
  ['::'],
  ['192.168.1.5'],
  ['10.0.0.1'],
  ['fe80::1%eth0'],
  ['fd00::1'],
  ['::ffff:127.0.0.1'],
  ['::ffff:7f00:1'],
  ['::ffff:0:0'],
  ['::127.0.0.1'],
  ['128.0.0.1'],
])('%s needs TLS', (bind) => {
  expect(() => listenAddress({ ...plain, bind })).toThrow(expect.objectContaining({ code: 'bad-setting', hint: expect.stringContaining('--tls-cert') }));
  expect(listenAddress({ ...plain, bind, ...files })).toMatchObject({ address: bind, tls: { cert: '/c.pem', key: '/k.pem' } });
});

test.each([['localhost'], ['myhost'], ['127.1'], ['0'], ['0x7f000001'], ['2130706433'], ['127.0.0.1:3000'], ['[::1]'], ['127.0.0.01'], ['']])(
  '%j is no address, and nobody is asked what it means',
  (bind) => {
    expect(() => listenAddress({ ...plain, bind, ...files })).toThrow(/--http-bind: .* is not an IP address/);
  },
);

describe('certificate and key', () => {
  test.each([
    [{ tlsCert: '/c.pem' }, '--tls-key is missing'],
    [{ tlsKey: '/k.pem' }, '--tls-cert is missing'],
  ])('belong together: %j', (given, word) => {
    expect(() => listenAddress({ ...plain, ...given })).toThrow(word);
  });

  test('may protect loopback too', () => {
    expect(listenAddress({ ...plain, ...files }).tls).toEqual({ cert: '/c.pem', key: '/k.pem' });
  });
});

test('loopback is what is written as such', () => {
  expect(['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1'].filter((address) => !isLoopback(address))).toEqual([]);
});
