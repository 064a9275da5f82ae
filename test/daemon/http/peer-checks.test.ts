import { beforeEach, describe, expect, test } from 'vitest';
import { createPeerChecks, type PeerChecks, type PeerChecksNeeds } from '../../../daemon/http/peer-checks.ts';
import { createMemoryNetwork } from '../../../daemon/network/memory-network.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const own = ['10.0.0.1:7946', '10.0.0.1:7947', '10.0.0.1:7948'];
const elsewhere = ['127.0.0.1:22', '10.0.0.9:445', '[fd00::9]:445'];

describe('peers that check each other', () => {
  let clock: VirtualClock;
  let ahead: number;
  let dialled: string[];
  /** Where a is connected from. */
  let host: string;
  let a: PeerChecks;

  beforeEach(async () => {
    clock = new VirtualClock();
    ahead = 0;
    dialled = [];
    host = '10.0.0.1';
    const network = createMemoryNetwork({ clock, randomness: seededRandomness(1) });
    const made = (name: 'a' | 'b', wall: () => number): PeerChecks => {
      const messenger = network.join(name);
      const membership = new FixedMembership(name, ['a', 'b', 'c']);
      membership.change('a', { addresses: [...elsewhere, ...own] });
      const dial: PeerChecksNeeds['dial'] = async (address) => {
        dialled.push(`${name} ${address}`);
        return address.endsWith(':7946') ? 'open' : 'silent';
      };
      const ownClock = { now: () => clock.now(), wall, after: clock.after.bind(clock), every: clock.every.bind(clock) };
      const checks = createPeerChecks({ clock: ownClock, membership, messenger, hostOf: () => host, dial, heartbeatsReach: (peer) => peer === 'b' });
      void messenger.start();
      return checks;
    };
    a = made('a', () => clock.wall());
    made('b', () => clock.wall() + ahead);
    await clock.advance(2000);
  });

  const views = async (): ReturnType<PeerChecks['views']> => {
    const asked = a.views();
    await clock.advance(5000);
    return asked;
  };

  test('tell how far apart their clocks are, and who gets through', async () => {
    ahead = 90_000;
    const [b, c] = await views();
    expect(b).toMatchObject({
      name: 'b',
      heartbeats: 'udp',
      dials: [
        { address: own[0], outcome: 'open' },
        { address: own[1], outcome: 'silent' },
      ],
    });
    expect(Math.abs((b?.aheadMs ?? 0) - 90_000)).toBeLessThanOrEqual(b?.withinMs ?? 0);
    expect(c).toMatchObject({ name: 'c', heartbeats: 'connection' });
    expect(c?.aheadMs).toBeUndefined();
  });

  test('dial no more than a few addresses, those that the asking node is connected from, and once for all that it asks at one time', async () => {
    await Promise.all([views(), a.views()]);
    expect(dialled).toEqual(own.slice(0, 2).map((address) => `b ${address}`));
  });

  test('dial nothing for a node that comes from none of its addresses', async () => {
    host = '192.0.2.1';
    const [b] = await views();
    expect(b?.dials).toEqual([{ address: elsewhere[0], outcome: 'no-way' }]);
    expect(dialled).toEqual([]);
  });
});
