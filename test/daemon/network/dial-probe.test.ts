import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { probeAddress } from '../../../daemon/network/dial-probe.ts';

test('an address is open while somebody listens there, and refused afterwards', async () => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await probeAddress(address, 5000)).toBe('open');
  server.close();
  await once(server, 'close');
  expect(await probeAddress(address, 5000)).toBe('refused');
});
