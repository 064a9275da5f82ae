import { describe, expect, test } from 'vitest';
import { KnownGaps } from '../../../daemon/records/known-gaps.ts';
import { recordsProtocol } from '../../../daemon/records/protocol.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { journalCluster, started, submission } from './journal-cluster.ts';

const day = 24 * 3_600_000;

/** Nothing is on its disk. */
function alone(): { readonly clock: VirtualClock; readonly gaps: KnownGaps } {
  const clock = new VirtualClock();
  return { clock, gaps: new KnownGaps({ clock, logs: { digestAt: () => undefined }, isRepaired: () => false }) };
}

describe('what a node knows to be missing', () => {
  test('is nothing on a node that is alone and always was', async () => {
    const { nodes } = await started(['n1']);
    expect(nodes[0].journal.gaps().isBehind).toBe(false);
    expect(nodes[0].journal.gaps()).not.toHaveProperty('unheardSince');
    expect(nodes[0].journal.gaps()).not.toHaveProperty('lostAt');
  });

  test('are the entries that a peer told of, until they are on the disk', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.stop('n2');
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    const late = await cluster.start('n2');
    late.disk.full = true;
    await cluster.clock.advance(2_000);
    expect(late.journal.gaps().isBehind).toBe(true);
    late.disk.full = false;
    await cluster.clock.advance(12_000);
    expect(late.facts).toHaveLength(1);
    expect(late.journal.gaps().isBehind).toBe(false);
  });

  test('are those of a peer that has gone again, too, for a week', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.stop('n2');
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    const late = await cluster.start('n2');
    late.disk.full = true;
    await cluster.clock.advance(2_000);
    await cluster.stop('n1');
    late.disk.full = false;
    await cluster.clock.advance(60_000);
    expect(late.journal.gaps().isBehind).toBe(true);
    await cluster.start('n1');
    await cluster.clock.advance(2_000);
    expect(late.journal.gaps().isBehind).toBe(false);
  });

  test('are not those of a peer that never came back', async () => {
    const { clock, gaps } = alone();
    gaps.connected('n2');
    gaps.told('n2', { whole: false, heads: [{ origin: 'n2/1', sequence: 1, digest: 'a'.repeat(64) }] });
    gaps.disconnected('n2');
    await clock.advance(6 * day);
    expect(gaps.any()).toBe(true);
    await clock.advance(day);
    expect(gaps.any()).toBe(false);
  });

  test('are those of a peer that stays, however long they take to come', async () => {
    const { clock, gaps } = alone();
    gaps.connected('n2');
    gaps.told('n2', { whole: true, heads: [{ origin: 'n2/1', sequence: 1, digest: 'a'.repeat(64) }] });
    gaps.disconnected('n2');
    await clock.advance(6 * day);
    gaps.connected('n2');
    gaps.told('n2', { whole: true, heads: [{ origin: 'n2/1', sequence: 1, digest: 'a'.repeat(64) }] });
    await clock.advance(30 * day);
    expect(gaps.any()).toBe(true);
  });

  test('may be anything while a connected peer has not told what it has', async () => {
    const { cluster, nodes } = await started(['n1']);
    const mute = cluster.network.join('n2');
    mute.serve(recordsProtocol, {});
    await mute.start();
    await cluster.clock.advance(2_000);
    expect(nodes[0].journal.gaps().isBehind).toBe(true);
    await mute.stop();
    await cluster.clock.advance(2_000);
    expect(nodes[0].journal.gaps().isBehind).toBe(false);
  });

  test('counts as quiet since a peer was met for the first time, or came back after an absence and not after a moment', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.clock.advance(60_000);
    await cluster.start('n3');
    await cluster.clock.advance(60_000);
    const { quietSince } = nodes[0].journal.gaps();
    expect(quietSince).toBeGreaterThan(55_000);
    await cluster.stop('n2');
    await cluster.start('n2');
    await cluster.clock.advance(60_000);
    expect(nodes[0].journal.gaps().quietSince).toBe(quietSince);
    await cluster.stop('n2');
    await cluster.clock.advance(61_000);
    const before = cluster.clock.now();
    await cluster.start('n2');
    await cluster.clock.advance(60_000);
    expect(nodes[0].journal.gaps().quietSince).toBeGreaterThanOrEqual(before);
  });

  test('is unheard of on a node that started among others and has met none of them', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    await cluster.clock.advance(1_000);
    await cluster.stop('n1');
    await cluster.stop('n2');
    const alone = await cluster.start('n2');
    await cluster.clock.advance(60_000);
    expect(alone.journal.gaps()).toMatchObject({ isBehind: false, unheardSince: expect.any(Number) });
    await cluster.start('n1');
    await cluster.clock.advance(2_000);
    expect(alone.journal.gaps().isBehind).toBe(false);
    expect(alone.journal.gaps()).not.toHaveProperty('unheardSince');
  });

  test('is unheard of since the last of the others went', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    await cluster.wait(nodes[1].journal.append([submission('k1')]));
    await cluster.clock.advance(60_000);
    await cluster.stop('n3');
    await cluster.clock.advance(60_000);
    expect(nodes[0].journal.gaps()).not.toHaveProperty('unheardSince');
    const before = cluster.clock.now();
    await cluster.stop('n2');
    await cluster.clock.advance(60_000);
    const { unheardSince = 0 } = nodes[0].journal.gaps();
    expect(unheardSince).toBeGreaterThanOrEqual(before);
    expect(unheardSince).toBeLessThan(before + 60_000);
    await cluster.start('n3');
    await cluster.clock.advance(2_000);
    expect(nodes[0].journal.gaps()).not.toHaveProperty('unheardSince');
  });

  test('includes the other form of a forked log until its facts are here', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    await cluster.clock.advance(1_000);
    const backup = structuredClone(nodes[0].disk);
    await cluster.stop('n3');
    await cluster.wait(nodes[0].journal.append([submission('k2')]));
    await cluster.stop('n1');
    await cluster.stop('n2');
    const restored = await cluster.start('n1', { disk: backup });
    const third = await cluster.start('n3');
    await cluster.wait(restored.journal.append([submission('k3')]));
    await cluster.stop('n1');
    await cluster.start('n2');
    await cluster.clock.advance(50);
    expect(third.journal.gaps().isBehind).toBe(true);
    await cluster.clock.advance(30_000);
    expect(third.facts.map((fact) => fact.job)).toContain(submission('k2').job);
    expect(third.journal.gaps().isBehind).toBe(false);
  });

  test('is a loss once others know more of this log than its disk, and after the next start', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    const backup = structuredClone(nodes[0].disk);
    await cluster.wait(nodes[0].journal.append([submission('k2')]));
    await cluster.stop('n1');
    const restored = await cluster.start('n1', { disk: backup });
    expect(restored.journal.gaps()).not.toHaveProperty('lostAt');
    await cluster.clock.advance(5_000);
    const { lostAt } = restored.journal.gaps();
    expect(lostAt).toBeGreaterThan(cluster.clock.wall() - 10_000);
    expect(restored.journal.gaps().isBehind).toBe(false);
    await cluster.stop('n1');
    const again = await cluster.start('n1', { disk: backup });
    expect(Math.abs((again.journal.gaps().lostAt ?? 0) - (lostAt ?? 0))).toBeLessThan(1_000);
  });
});

test('a node that has met nobody yet is not behind', async () => {
  const cluster = journalCluster();
  const node = await cluster.start('n1');
  expect(node.journal.gaps().isBehind).toBe(false);
});
