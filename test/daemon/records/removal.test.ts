import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../../../daemon/records/memory-store.ts';
import type { Entry, Fact } from '../../../src/model/facts.ts';
import { entriesOf, started, submission } from './journal-cluster.ts';

const removal = (key: string): Fact => ({ type: 'removed', job: submission(key).job, at: 0 });
const cancelled = (key: string): Fact => ({ type: 'cancelled', job: submission(key).job, at: 0, generation: 1 });

/** `type` of every entry's fact, by origin. */
function typesOf(disk: MemoryDisk): readonly string[] {
  return (entriesOf(disk) as readonly Entry[]).map(({ fact }) => (fact as { type: string }).type);
}

describe('removing a job', () => {
  test('takes its facts off every disk; the chains hold, and others can be told from what is left', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('gone'), submission('stays')]));
    await cluster.wait(nodes[1].journal.append([cancelled('gone')]));
    await cluster.wait(nodes[0].journal.append([removal('gone')]));
    await cluster.clock.advance(12_000);
    for (const node of nodes) expect(typesOf(node.disk)).toEqual(['collected', 'submitted', 'removed', 'collected']);
    const late = await cluster.start('n3');
    await cluster.clock.advance(12_000);
    expect(entriesOf(late.disk)).toEqual(entriesOf(nodes[0].disk));
    expect(late.troubles).toEqual([]);
    expect(late.journal.job(removal('gone').job)?.removed).toBe(true);
    expect(late.journal.job(submission('stays').job)?.record?.key).toBe('stays');
    await cluster.wait(nodes[0].journal.append([submission('later')]));
    await cluster.clock.advance(2_000);
    expect(late.journal.job(submission('later').job)?.record?.key).toBe('later');
  });

  test('leaves no copies of it to be named, as there are none of what nobody submitted', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    const { job } = submission('gone');
    expect(nodes[0].journal.copiesOf(job)).toEqual([]);
    await cluster.wait(nodes[0].journal.append([submission('gone')]));
    expect(nodes[0].journal.copiesOf(job)).toEqual(['host of n1', 'host of n2']);
    await cluster.wait(nodes[0].journal.append([removal('gone')]));
    expect(nodes[0].journal.copiesOf(job)).toEqual([]);
  });

  test('is not undone by a node that was away meanwhile and wrote about the job', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    await cluster.wait(nodes[0].journal.append([submission('k')]));
    await cluster.clock.advance(2_000);
    cluster.network.partition([['n3'], ['n1', 'n2']]);
    await cluster.clock.advance(20_000);
    await cluster.wait(nodes[0].journal.append([removal('k')]));
    await cluster.wait(nodes[2].journal.append([cancelled('k'), submission('other')], 100));
    await cluster.stop('n3');
    await cluster.clock.advance(60_000);
    cluster.network.heal();
    const back = await cluster.start('n3');
    await cluster.clock.advance(30_000);
    for (const node of [nodes[0], nodes[1], back]) {
      expect(node.journal.job(removal('k').job)).toMatchObject({ removed: true });
      expect(typesOf(node.disk)).toEqual(['collected', 'removed', 'collected', 'submitted']);
      expect(node.troubles.filter(({ type }) => type !== 'store-failed')).toEqual([]);
    }
  });

  test('reaches a new node though two logs each have a tombstone before the removal that explains the other’s', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('a')]));
    await cluster.wait(nodes[1].journal.append([submission('b')]));
    await cluster.wait(nodes[0].journal.append([removal('b')]));
    await cluster.wait(nodes[1].journal.append([removal('a')]));
    await cluster.clock.advance(12_000);
    const late = await cluster.start('n3');
    await cluster.clock.advance(12_000);
    expect(typesOf(late.disk)).toEqual(['collected', 'removed', 'collected', 'removed']);
  });

  test('is finished after a crash that came between the removal and the collection', async () => {
    const { cluster, nodes } = await started(['n1']);
    await cluster.wait(nodes[0].journal.append([submission('k'), removal('k')]));
    cluster.crash('n1');
    expect(typesOf(nodes[0].disk)).toEqual(['submitted', 'removed']);
    const again = await cluster.start('n1');
    await cluster.clock.advance(5_000);
    expect(typesOf(again.disk)).toEqual(['collected', 'removed']);
  });

  test('waits for a disk that refuses', async () => {
    const { cluster, nodes } = await started(['n1']);
    await cluster.wait(nodes[0].journal.append([submission('k'), removal('k')]));
    nodes[0].disk.full = true;
    await cluster.clock.advance(5_000);
    nodes[0].disk.full = false;
    await cluster.clock.advance(5_000);
    expect(typesOf(nodes[0].disk)).toEqual(['collected', 'removed']);
  });

  test('tells who listens, also where only tombstones arrive, and what is collected', async () => {
    const { cluster, nodes } = await started(['n1']);
    const collected: Fact[] = [];
    nodes[0].journal.onCollect(async (facts) => void collected.push(...facts));
    await cluster.wait(nodes[0].journal.append([submission('k'), removal('k')]));
    await cluster.clock.advance(5_000);
    expect(collected).toEqual([submission('k')]);
    const late = await cluster.start('n2');
    await cluster.clock.advance(12_000);
    expect(late.facts).toMatchObject([{ type: 'removed', job: removal('k').job }, { type: 'removed' }]);
  });

  test('keeps the facts while somebody could not take note of them', async () => {
    const { cluster, nodes } = await started(['n1']);
    let isRefusing = true;
    nodes[0].journal.onCollect(async () => {
      if (isRefusing) throw new Error('no room for the note');
    });
    await cluster.wait(nodes[0].journal.append([submission('k'), removal('k')]));
    await cluster.clock.advance(5_000);
    expect(typesOf(nodes[0].disk)).toEqual(['submitted', 'removed']);
    isRefusing = false;
    await cluster.clock.advance(5_000);
    expect(typesOf(nodes[0].disk)).toEqual(['collected', 'removed']);
  });

  test('frees the job’s key', async () => {
    const { cluster, nodes } = await started(['n1']);
    await cluster.wait(nodes[0].journal.append([submission('k'), removal('k')]));
    expect([...nodes[0].journal.jobs().values()].some((state) => state.record?.key === 'k')).toBe(false);
  });

  test('does not stop a log from going on under a new store id', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('k')]));
    await cluster.clock.advance(2_000);
    const backup = structuredClone(nodes[0].disk);
    await cluster.wait(nodes[0].journal.append([removal('k'), submission('more')]));
    await cluster.clock.advance(12_000);
    await cluster.stop('n1');
    const restored = await cluster.start('n1', { disk: backup });
    await cluster.wait(restored.journal.append([submission('new')]));
    await cluster.clock.advance(30_000);
    expect(restored.journal.job(removal('k').job)?.removed).toBe(true);
    for (const key of ['more', 'new']) for (const node of [restored, nodes[1]]) expect(node.journal.job(submission(key).job)?.record?.key).toBe(key);
  });
});
