import { describe, expect, test } from 'vitest';
import { recordsProtocol } from '../../../daemon/records/protocol.ts';
import type { Entry } from '../../../src/model/facts.ts';
import { entriesOf, journalCluster, started, submission, submissionOf } from './journal-cluster.ts';

/** n1 was restored from a backup taken before `k2`, which n2 has, and wrote `k3` and `k4`, which n3 has. Only n3 runs. */
async function forked() {
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
  await cluster.wait(restored.journal.append([submission('k3'), submission('k4')]));
  await cluster.stop('n1');
  return { cluster, third };
}

describe('replication', () => {
  test('resolves once three machines have the fact on disk', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3', 'n4']);
    const stored = await cluster.wait(nodes[0].journal.append([submission('k')]));
    expect(stored.wanted).toBe(3);
    expect(stored.copies.length).toBeGreaterThanOrEqual(3);
    const durable = nodes.filter((node) => entriesOf(node.disk).length === 1);
    expect(durable.length).toBeGreaterThanOrEqual(stored.copies.length);
    await cluster.clock.advance(1_000);
    for (const node of nodes) expect(node.facts).toEqual([submission('k')]);
  });

  test('never names a copy that a crash of its machine could lose', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    let resolved = false;
    const append = nodes[0].journal.append([submission('k')]).then((stored) => {
      resolved = true;
      // At this very moment, before any other event.
      for (const [index, node] of nodes.entries()) {
        if (stored.copies.includes(`host of n${index + 1}`)) expect(entriesOf(node.disk)).toHaveLength(1);
      }
    });
    await cluster.wait(append);
    expect(resolved).toBe(true);
  });

  test('counts two nodes on one machine once', async () => {
    const cluster = journalCluster();
    const first = await cluster.start('n1', { host: 'here' });
    await cluster.start('n2', { host: 'here' });
    await cluster.start('n3', { host: 'there' });
    await cluster.clock.advance(2_000);
    const stored = await cluster.wait(first.journal.append([submission('k')]));
    expect(stored).toMatchObject({ copies: ['here', 'there'], wanted: 2 });
  });

  test('says how few copies there are when a machine does not answer in time', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    nodes[1].disk.full = true;
    const stored = await cluster.wait(nodes[0].journal.append([submission('k')], 500));
    expect(stored).toMatchObject({ copies: ['host of n1'], wanted: 2 });
    expect(nodes[1].troubles.map((trouble) => trouble.type)).toEqual(['store-failed']);
    nodes[1].disk.full = false;
    await cluster.clock.advance(11_000);
    expect(entriesOf(nodes[1].disk)).toEqual(entriesOf(nodes[0].disk));
    expect(nodes[0].journal.copiesOf(submission('k').job)).toEqual(['host of n1', 'host of n2']);
  });

  test('does not wait for a machine that is gone', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    const append = nodes[0].journal.append([submission('k')], 60_000);
    cluster.crash('n2');
    expect(await cluster.wait(append)).toMatchObject({ copies: ['host of n1'], wanted: 1 });
  });

  test('brings a node that was away up to date when it returns', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    cluster.crash('n3');
    for (let index = 0; index < 5; index += 1) await cluster.wait(nodes[0].journal.append([submission(`k${index}`)]));
    const back = await cluster.start('n3');
    await cluster.clock.advance(1_000);
    expect(back.facts).toHaveLength(5);
    expect(entriesOf(back.disk)).toEqual(entriesOf(nodes[0].disk));
  });

  test('hands on what a third node wrote while its owner is gone', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k')]));
    cluster.crash('n1');
    const late = await cluster.start('n3');
    await cluster.clock.advance(1_000);
    expect(late.facts).toEqual([submission('k')]);
  });

  test('reaches a node that is not connected to the owner within about a second', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    cluster.network.partition([['n1'], ['n3']]);
    await cluster.clock.advance(30_000);
    void nodes[0].journal.append([submission('k')]);
    await cluster.clock.advance(1_500);
    expect(nodes[2].facts).toEqual([submission('k')]);
  });

  test('merges what both sides of a partition wrote', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    cluster.network.partition([['n1'], ['n2', 'n3']]);
    await cluster.clock.advance(30_000);
    const left = cluster.wait(nodes[0].journal.append([submission('left')]));
    expect((await left).copies).toEqual(['host of n1']);
    expect((await cluster.wait(nodes[1].journal.append([submission('right')]))).copies).toHaveLength(2);
    cluster.network.heal();
    await cluster.clock.advance(30_000);
    for (const node of nodes) expect(new Set(node.journal.jobs().keys())).toEqual(new Set([submission('left').job, submission('right').job]));
    expect(entriesOf(nodes[2].disk)).toEqual(entriesOf(nodes[0].disk));
  });

  test('catches up with everything the peers had when asked, in bounded pieces', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    cluster.network.partition([['n1'], ['n2']]);
    await cluster.clock.advance(30_000);
    const keys = Array.from({ length: 1500 }, (_, index) => `k${index}`);
    await cluster.wait(nodes[0].journal.append(keys.map(submission), 10));
    cluster.network.heal();
    await cluster.clock.runUntil(() => nodes[1].messenger.connected().length > 0, 60_000);
    expect(nodes[1].facts.length).toBeLessThan(keys.length);
    await cluster.wait(nodes[1].journal.catchUp(10_000));
    expect(nodes[1].facts).toHaveLength(keys.length);
  });

  test('catching up alone, or with a peer that does not answer, ends', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    cluster.network.block('n2', 'n1');
    const before = cluster.clock.now();
    await cluster.wait(nodes[0].journal.catchUp(300));
    expect(cluster.clock.now() - before).toBeLessThanOrEqual(300);
    const alone = journalCluster();
    const { journal } = await alone.start('n1');
    await alone.wait(journal.catchUp(10_000), 0);
  });

  test('does not wait for a peer that is lost, neither for what it knows nor for its copy', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    cluster.network.partition([['n1', 'n2'], ['n3']]);
    const before = cluster.clock.now();
    const caughtUp = nodes[0].journal.catchUp(10_000);
    const stored = nodes[0].journal.append([submission('k')], 10_000);
    await cluster.clock.advance(1_500);
    cluster.lose('n3');
    await cluster.wait(caughtUp);
    expect(await cluster.wait(stored)).toMatchObject({ copies: ['host of n1', 'host of n2'], wanted: 2 });
    await cluster.wait(nodes[0].journal.catchUp(10_000));
    expect(cluster.clock.now() - before).toBeLessThan(2_000);
  });

  test('refuses a log that contradicts the one it holds, and reports it once', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k')]));
    const [first] = entriesOf(nodes[0].disk) as Entry[];
    const forged = { ...(first as Entry), fact: submission('other') };
    const stranger = cluster.network.join('n9');
    stranger.serve(recordsProtocol, {});
    await stranger.start();
    await cluster.clock.advance(100);
    for (let round = 0; round < 2; round += 1) {
      await cluster.wait(stranger.request('n2', recordsProtocol, { type: 'push', entries: [forged] }, 1_000));
    }
    expect(nodes[1].facts).toEqual([submission('k')]);
    expect(nodes[1].troubles).toEqual([{ type: 'fork', origin: forged.origin, sequence: 1, peer: 'n9' }]);
  });

  test('takes nothing whose chain is broken', async () => {
    const { cluster, nodes } = await started(['n1']);
    const stranger = cluster.network.join('n9');
    stranger.serve(recordsProtocol, {});
    await stranger.start();
    await cluster.clock.advance(100);
    const entry = (sequence: number, previous: string): Entry => ({ origin: 'n9/s', sequence, previous, fact: submission(`k${sequence}`) });
    await cluster.wait(stranger.request('n1', recordsProtocol, { type: 'push', entries: [entry(2, 'a'.repeat(64))] }, 1_000));
    await cluster.wait(stranger.request('n1', recordsProtocol, { type: 'push', entries: [entry(1, '0'.repeat(64)), entry(2, 'a'.repeat(64))] }, 1_000));
    expect(nodes[0].facts).toEqual([submission('k1')]);
  });
});

describe('a store restored from a backup', () => {
  test('takes a new id before it writes, when peers know its log further', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    const backup = structuredClone(nodes[0].disk);
    await cluster.wait(nodes[0].journal.append([submission('k2')]));
    await cluster.stop('n1');
    const restored = await cluster.start('n1', { disk: backup });
    const stored = await cluster.wait(restored.journal.append([submission('k3')]));
    expect(stored.copies).toHaveLength(2);
    expect(restored.troubles.map((trouble) => trouble.type)).toEqual(['store-renewed']);
    await cluster.clock.advance(2_000);
    const expected = ['k1', 'k2', 'k3'].map((key) => submission(key).job).sort();
    for (const node of [restored, nodes[1]]) expect([...node.journal.jobs().keys()].sort()).toEqual(expected);
    expect(restored.disk.logs.size).toBe(2);
    expect(entriesOf(restored.disk)).toEqual(entriesOf(nodes[1].disk));
  });

  test('has its own old log whole again at once, though it was already pulling other logs when it took a new id', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    const backup = structuredClone(nodes[0].disk);
    await cluster.wait(nodes[0].journal.append([submission('k2')]));
    await cluster.wait(nodes[1].journal.append([submissionOf('n2', 'k3')]));
    await cluster.stop('n1');
    // The answer to the pull comes when the new id has long been on the disk.
    cluster.network.setFaults({ latencyMs: () => 200 });
    const restored = await cluster.start('n1', { disk: backup });
    // Before anybody tells news or all that it has again.
    await cluster.clock.advance(1_500);
    expect(restored.troubles.map((trouble) => trouble.type)).toEqual(['store-renewed']);
    expect(entriesOf(restored.disk)).toEqual(entriesOf(nodes[1].disk));
    expect(restored.journal.job(submission('k2').job)).toBeDefined();
  });

  test('says again what it wrote before it met anybody', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    const backup = structuredClone(nodes[0].disk);
    await cluster.wait(nodes[0].journal.append([submission('k2')]));
    await cluster.stop('n1');
    cluster.network.partition([['n1'], ['n2']]);
    const restored = await cluster.start('n1', { disk: backup });
    await cluster.wait(restored.journal.append([submission('k3')]));
    expect(restored.disk.logs.size).toBe(1);
    cluster.network.heal();
    await cluster.clock.advance(30_000);
    for (const node of [restored, nodes[1]]) for (const key of ['k2', 'k3']) expect(node.journal.job(submission(key).job)).toBeDefined();
    expect(restored.troubles.map((trouble) => trouble.type)).toEqual(['fork', 'store-renewed']);
  });

  test('what it wrote then is said again soon, too, when it was started once more before it met anybody', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k1')]));
    const backup = structuredClone(nodes[0].disk);
    for (const key of ['k2', 'k3', 'k4']) await cluster.wait(nodes[0].journal.append([submission(key)]));
    await cluster.stop('n1');
    await cluster.stop('n2');
    const restored = await cluster.start('n1', { disk: backup });
    for (const key of ['k5', 'k6', 'k7', 'k8']) await cluster.wait(restored.journal.append([submission(key)]));
    await cluster.stop('n1');
    const [again, second] = [await cluster.start('n1', { disk: backup }), await cluster.start('n2')];
    await cluster.clock.advance(2_000);
    for (const node of [again, second]) for (let key = 1; key <= 8; key += 1) expect(node.journal.job(submission(`k${key}`).job), `k${key}`).toBeDefined();
  });

  test('and whoever took what it wrote then, and whoever has what it had written before, tell each other, when it is gone', async () => {
    const { cluster, third } = await forked();
    const second = await cluster.start('n2');
    await cluster.clock.advance(30_000);
    for (const node of [second, third]) for (const key of ['k1', 'k2', 'k3', 'k4']) expect(node.journal.job(submission(key).job), key).toBeDefined();
    // Said again once, by one of them each, and not for ever.
    const sizes = (): number[] => [second, third].map(({ disk }) => entriesOf(disk).length);
    const before = sizes();
    await cluster.clock.advance(60_000);
    expect(sizes()).toEqual(before);
    expect(Math.max(...before)).toBeLessThanOrEqual(7);
  });

  test('a pull is not complete before the other log of a fork was looked at', async () => {
    const { cluster, third } = await forked();
    await cluster.start('n2');
    const knows = (): boolean => third.journal.job(submission('k2').job) !== undefined;
    for (let ask = 0; ask < 100; ask += 1) {
      const complete = await cluster.wait(third.journal.catchUpFrom('n2', 5_000));
      expect(complete && !knows()).toBe(false);
      await cluster.clock.advance(100);
    }
    expect(knows()).toBe(true);
    expect(await cluster.wait(third.journal.catchUpFrom('n2', 5_000))).toBe(true);
  });
});
