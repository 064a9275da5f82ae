import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../../../daemon/records/memory-store.ts';
import { type Audited, type ClusterFact, linesOfMachine } from '../../../src/model/cluster-facts.ts';
import type { Entry } from '../../../src/model/facts.ts';
import { entriesOf, type JournalBench, journalCluster, started, submission } from './journal-cluster.ts';

const id = '0123456789abcdef';
const created: ClusterFact = { type: 'token-created', at: 0, id, hash: 'd'.repeat(64), role: 'user', name: 'ci', expires: 99, by: 'owner', ending: 'abcd' };
const revoked: ClusterFact = { type: 'token-revoked', at: 0, id };
const secret = (clock: number, sealed: string): ClusterFact => ({ type: 'secret-set', at: 0, name: 'API_KEY', clock, node: 'n1', sealed, by: 'owner' });
const admin = (key: string, signedBy: string): ClusterFact => ({ type: 'admin-added', at: 0, key, name: key, signedBy, signature: 'c2ln' });
const line = (at: number): Audited => ({
  ...{ type: 'audited', at, node: 'n1', who: 'owner', door: 'socket', action: 'job-submitted', subject: '', outcome: 'done' },
});

function typesOf(disk: MemoryDisk): readonly string[] {
  return (entriesOf(disk) as readonly Entry[]).map(({ fact }) => (fact as { type: string }).type);
}

describe('facts about the cluster', () => {
  test('are told to all connected nodes at once, to those that come later, and are there after a restart', async () => {
    const { cluster, nodes } = await started(['n1', 'n2', 'n3']);
    const heard: string[] = [];
    nodes[2].journal.onCluster((fact) => heard.push(fact.type));
    const { copies } = await cluster.wait(nodes[0].journal.appendCluster(created));
    expect(copies).toHaveLength(3);
    await cluster.wait(nodes[1].journal.appendCluster(revoked));
    await cluster.clock.advance(100);
    expect(heard).toEqual(['token-created', 'token-revoked']);
    await cluster.stop('n3');
    const again = await cluster.start('n3');
    const late = await cluster.start('n4');
    await cluster.clock.advance(2_000);
    for (const { journal, troubles } of [nodes[0], nodes[1], again, late]) {
      expect(journal.cluster().tokens.get(id)).toEqual(created);
      expect(journal.cluster().revokedTokens.has(id)).toBe(true);
      expect(journal.jobs().size).toBe(0);
      expect(troubles).toEqual([]);
    }
  });

  test('reach a node of a large cluster that is no standby as soon as the others', async () => {
    const cluster = journalCluster(1, ['n1', 'n2', 'n3']);
    const nodes: JournalBench[] = [];
    for (let number = 1; number <= 20; number += 1) nodes.push(await cluster.start(`n${number}`));
    await cluster.clock.advance(12_000);
    const outside = nodes.filter(({ journal }, place) => nodes[0]?.journal.isStandby(`n${place + 1}`) === false && !journal.isStandby(`n${place + 1}`));
    expect(outside.length).toBeGreaterThan(0);
    await cluster.wait((nodes[0] as JournalBench).journal.appendCluster(revoked));
    await cluster.clock.advance(200);
    expect(nodes.filter(({ journal }) => !journal.cluster().revokedTokens.has(id))).toEqual([]);
  });

  test('outlive every job', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.append([submission('gone')]));
    await cluster.wait(nodes[0].journal.appendCluster(created));
    await cluster.wait(nodes[0].journal.append([{ type: 'removed', job: submission('gone').job, at: 0 }]));
    await cluster.clock.advance(12_000);
    for (const { disk, journal } of nodes.slice(0, 2)) {
      expect(typesOf(disk)).toEqual(['collected', 'token-created', 'removed']);
      expect(journal.cluster().tokens.size).toBe(1);
    }
  });

  test('leave no old value of a secret on any disk, and the chains hold', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.appendCluster(secret(1, 'b2xk')));
    await cluster.wait(nodes[1].journal.appendCluster({ ...secret(nodes[1].journal.nextClock(), 'bmV3'), node: 'n2' } as ClusterFact));
    await cluster.clock.advance(5_000);
    const late = await cluster.start('n3');
    await cluster.clock.advance(5_000);
    for (const { disk, journal, troubles } of [nodes[0], nodes[1], late]) {
      expect(typesOf(disk)).toEqual(['collected', 'secret-set']);
      expect(JSON.stringify(entriesOf(disk))).not.toContain('b2xk');
      expect(journal.cluster().secrets.get('API_KEY')).toMatchObject({ sealed: 'bmV3', clock: 2 });
      expect(troubles).toEqual([]);
    }
    await cluster.wait(nodes[0].journal.appendCluster({ type: 'secret-removed', at: 0, name: 'API_KEY', clock: 3, node: 'n1' }));
    await cluster.clock.advance(5_000);
    expect(typesOf(late.disk)).toEqual(['collected', 'secret-removed', 'collected']);
  });

  test('keep the newest lines of the audit only, on disk too', async () => {
    const { cluster, nodes } = await started(['n1']);
    const extra = 600;
    const appended = Array.from({ length: linesOfMachine + extra }, (_, at) => nodes[0].journal.appendCluster(line(at)));
    await cluster.wait(Promise.all(appended));
    await cluster.clock.advance(5_000);
    expect(typesOf(nodes[0].disk).filter((type) => type === 'audited')).toHaveLength(linesOfMachine);
    await cluster.stop('n1');
    const again = await cluster.start('n1');
    expect(again.journal.cluster().audit.get('n1')?.[0]?.at).toBe(extra);
  });

  test('that are signed count once their signature is verified, which may take one that comes later', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    const removal: ClusterFact = { type: 'member-removed', at: 0, node: 'n9', signedBy: 'second', signature: 'c2ln' };
    const heard: string[] = [];
    nodes[1].journal.onCluster((fact) => heard.push(fact.type));
    await cluster.wait(nodes[0].journal.appendCluster(removal));
    await cluster.wait(nodes[0].journal.appendCluster(admin('third', 'stranger')));
    await cluster.clock.advance(1_000);
    expect(nodes[1].journal.cluster().removals.size + nodes[1].journal.cluster().admins.size).toBe(0);
    await cluster.wait(nodes[1].journal.appendCluster(admin('second', 'root')));
    await cluster.clock.advance(1_000);
    for (const { journal } of nodes.slice(0, 2)) {
      expect(journal.cluster().removals.get('n9')).toEqual([removal]);
      expect([...journal.cluster().admins.keys()]).toEqual(['second']);
    }
    expect(heard).toEqual(['admin-added', 'member-removed']);
  });

  test('of a log with two forms come to both sides', async () => {
    const { cluster, nodes } = await started(['n1', 'n2']);
    await cluster.wait(nodes[0].journal.appendCluster(created));
    const backup = structuredClone(nodes[0].disk);
    await cluster.wait(nodes[0].journal.appendCluster(secret(1, 'b25l')));
    cluster.crash('n1');
    cluster.network.partition([['n1'], ['n2']]);
    const restored = await cluster.start('n1', { disk: backup });
    await cluster.clock.advance(2_000);
    await cluster.wait(restored.journal.appendCluster(revoked, 100));
    cluster.network.heal();
    await cluster.clock.advance(30_000);
    for (const { journal } of [restored, nodes[1]]) {
      expect(journal.cluster().revokedTokens.has(id)).toBe(true);
      expect(journal.cluster().secrets.has('API_KEY')).toBe(true);
    }
  });
});
