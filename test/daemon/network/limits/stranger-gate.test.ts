import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { gateLimits, StrangerGate } from '../../../../daemon/network/limits/stranger-gate.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

class Knocking extends EventEmitter {
  bytesRead = 0;
  isReset = false;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;

  constructor(remoteAddress: string | undefined, remotePort: number | undefined) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  resetAndDestroy(): void {
    this.isReset = true;
    this.emit('close');
  }
}

function world() {
  const clock = new VirtualClock();
  const gate = new StrangerGate(gateLimits, { clock });
  let port = 1_000;
  const knock = (address: string) => {
    const socket = new Knocking(address, ++port);
    const enters = gate.enters(socket);
    expect(socket.isReset).toBe(!enters);
    return { socket, enters, port };
  };
  const flood = (count: number, address: (index: number) => string) => Array.from({ length: count }, (_, index) => knock(address(index)));
  return { clock, gate, knock, flood };
}

test('of one address only some strangers are here at one time, and others still get in', () => {
  const { gate, knock, flood } = world();
  const known = flood(60, () => '10.0.0.9');
  expect(known.filter(({ enters }) => enters).length).toBe(gateLimits.waitingOfOne);
  expect(knock('10.0.0.8').enters).toBe(true);
  expect(gate.counts()).toEqual({ strangers: gateLimits.waitingOfOne + 1, refusedConnections: 60 - gateLimits.waitingOfOne });
});

test('of all addresses together, too', () => {
  const { gate, flood } = world();
  const known = flood(180, (index) => `10.0.1.${index}`);
  expect(known.filter(({ enters }) => enters).length).toBe(gateLimits.waiting);
  expect(gate.counts().strangers).toBe(gateLimits.waiting);
});

test('who has said nothing for half a second makes room for an honest machine, who speaks only after two seconds', async () => {
  const { clock, knock, flood } = world();
  const known = flood(gateLimits.waitingOfOne, () => '10.0.0.9');
  for (const { socket } of known.slice(1)) socket.bytesRead = 20;
  expect(knock('10.0.0.9').enters).toBe(false);
  await clock.advance(600);
  expect(knock('10.0.0.9').enters).toBe(true);
  expect(known.map(({ socket }) => socket.isReset).indexOf(true)).toBe(0);
  // The one that came last says nothing yet, but has just come.
  expect(knock('10.0.0.9').enters).toBe(false);
  await clock.advance(1_500);
  expect(knock('10.0.0.9').enters).toBe(true);
});

test('of one address only some come in a second', async () => {
  const { clock, knock } = world();
  let entered = 0;
  for (let count = 0; count < 1_000; count += 1) {
    const { socket, enters } = knock('10.0.0.9');
    if (enters) entered += 1;
    socket.emit('close');
  }
  expect(entered).toBe(gateLimits.paceOfOne.burst);
  await clock.advance(1_000);
  expect(knock('10.0.0.9').enters).toBe(true);
});

test('where a member lives the pace of all strangers does not count', () => {
  const { gate, knock, flood } = world();
  const member = knock('10.0.0.2');
  gate.admitted('10.0.0.2', member.port);
  for (const { socket } of flood(300, (index) => `10.1.${index >> 8}.${index & 255}`)) socket.emit('close');
  expect(knock('10.9.9.9').enters).toBe(false);
  expect(knock('10.0.0.2').enters).toBe(true);
});

test('who is admitted waits no longer, however its address is written, and who leaves neither', () => {
  const { gate, knock } = world();
  const [plain, six] = [knock('::ffff:10.0.0.2'), knock('fe80::1:0:2%eth0')];
  gate.admitted('10.0.0.2', plain.port);
  gate.admitted('fe80:0:0:0:0:1:0:2', six.port);
  expect(gate.counts().strangers).toBe(0);
  knock('10.0.0.3').socket.emit('close');
  expect(gate.counts()).toEqual({ strangers: 0, refusedConnections: 0 });
});

test('IPv6 addresses of one network count as one', () => {
  const { knock, flood } = world();
  flood(gateLimits.waitingOfOne, (index) => `2001:db8:1:2::${index.toString(16)}`);
  expect(knock('2001:db8:1:2:3:4:5:6').enters).toBe(false);
  expect(knock('2001:db8:1:3::1').enters).toBe(true);
});

test('a million addresses take no more memory than a thousand', async () => {
  const { clock, gate, knock } = world();
  for (let index = 0; index < 20_000; index += 1) {
    const { socket } = knock(`${10 + (index >> 16)}.1.${(index >> 8) & 255}.${index & 255}`);
    socket.emit('close');
    if (index % 100 === 0) await clock.advance(1);
  }
  expect(gate.addresses).toBeLessThanOrEqual(1_024);
});

test('who has gone before it was looked at is refused', () => {
  const { gate } = world();
  expect(gate.enters(new Knocking(undefined, undefined))).toBe(false);
});
