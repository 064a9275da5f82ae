import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatInvite, parseInvite } from '../../../../daemon/network/pairing/invite-line.ts';
import { PairingListener } from '../../../../daemon/network/pairing/pairing-listener.ts';
import { redeemInvite } from '../../../../daemon/network/pairing/redeem-invite.ts';
import { systemClock, systemRandomness } from '../../../../daemon/system-clock.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const clusterKeyText = 'supervm-cluster-key-1 c2VjcmV0\n';
const real = { clock: systemClock() };
let clock: VirtualClock;
let events: string[];
let listener: PairingListener;

beforeEach(() => {
  clock = new VirtualClock();
  events = [];
  listener = new PairingListener(
    { clusterName: 'studio', clusterKeyText },
    {
      clock,
      randomness: systemRandomness(),
      addresses: () => ['127.0.0.1:7800'],
      joined: (name) => events.push(`joined ${name}`),
      refused: (reason) => events.push(`refused ${reason}`),
    },
  );
});
afterEach(() => listener.stop());

const redeem = (line: string) => redeemInvite({ line, name: 'laptop' }, real);

test('an invitation gives the key and the addresses of the cluster', async () => {
  const { line, validMinutes } = await listener.invite();
  expect(line).toMatch(/^supervm-invite-1:[A-Za-z0-9_-]+$/);
  expect(validMinutes).toBe(15);
  expect(await redeem(`  ${line}\n`)).toEqual({ kind: 'welcome', clusterKey: clusterKeyText, clusterName: 'studio', addresses: ['127.0.0.1:7800'] });
  expect(events).toEqual(['joined laptop']);
});

test('a second use is refused and told why, while another invitation stays good', async () => {
  const [first, second] = [await listener.invite(), await listener.invite()];
  await redeem(first.line);
  await expect(redeem(first.line)).rejects.toMatchObject({
    code: 'invite-refused',
    message: expect.stringContaining('used already'),
    hint: expect.stringContaining('supervm invite'),
  });
  expect(await redeem(second.line)).toMatchObject({ clusterName: 'studio' });
});

test('of many that use one invitation at the same moment one is let in', async () => {
  const { line } = await listener.invite();
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => redeem(line)));
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
});

test('after 15 minutes an invitation is refused as expired, later nobody listens any more', async () => {
  const { line } = await listener.invite();
  await clock.advance(15 * 60_000);
  await expect(redeem(line)).rejects.toMatchObject({ code: 'invite-refused', message: expect.stringContaining('expired') });
  await clock.advance(15 * 60_000);
  await expect(redeem(line)).rejects.toMatchObject({ code: 'peer-unreachable' });
  const fresh = await listener.invite();
  expect(await redeem(fresh.line)).toMatchObject({ clusterName: 'studio' });
});

test('an invitation that is not known, or with another secret, is refused', async () => {
  const { line } = await listener.invite();
  const invite = parseInvite(line);
  await expect(redeem(formatInvite({ ...invite, id: '0'.repeat(16) }))).rejects.toMatchObject({ code: 'invite-refused' });
  await expect(redeem(formatInvite({ ...invite, secret: '0'.repeat(32) }))).rejects.toMatchObject({ code: 'invite-refused' });
  expect(await redeem(line)).toMatchObject({ clusterName: 'studio' });
});

test('a client that says nothing is dropped in time', async () => {
  const { line } = await listener.invite();
  const [host = '', port = ''] = parseInvite(line).addresses[0]?.split(':') ?? [];
  const silent = connect(Number(port), host);
  await once(silent, 'connect');
  const closed = once(silent, 'close');
  // The listener has seen the connection once it has answered another.
  await redeem(line);
  await clock.advance(10_000);
  await closed;
});

test('nobody at any address is told as such', async () => {
  const { line } = await listener.invite();
  await listener.stop();
  await expect(redeem(line)).rejects.toMatchObject({ code: 'peer-unreachable', hint: expect.stringContaining('daemon') });
});

test('every damaged line is refused as such', async () => {
  const { line } = await listener.invite();
  const middle = Math.floor(line.length / 2);
  const flipped = line.slice(0, middle) + (line[middle] === 'A' ? 'B' : 'A') + line.slice(middle + 1);
  for (const damaged of ['', 'hello', line.slice(1), line.slice(0, -3), `${line}AAAA`, flipped, 'supervm-invite-1:', 'supervm-invite-2:abc']) {
    await expect(redeem(damaged)).rejects.toMatchObject({ code: 'usage' });
  }
});
