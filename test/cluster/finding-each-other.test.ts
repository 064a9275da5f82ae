/** Needs root, iproute2, nftables: three daemons in network namespaces on one bridge, without a default route. */
import { describe, expect, test } from 'vitest';
import type { StatusView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import { startCluster, writeClusterKey } from '../support/start-cluster.ts';

const dropMulticast = [
  'add table ip silence',
  'add chain ip silence out { type filter hook output priority 0 ; }',
  'add rule ip silence out ip daddr 224.0.0.0/4 drop',
];

describe('three machines on one switch', () => {
  test.each([{ defaultRoute: false }, { defaultRoute: true }])(
    'find each other and agree on one coordinator (default route: $defaultRoute)',
    async ({ defaultRoute }) => {
      await using lab = Lab.create({ nodes: 3, defaultRoute });
      await startCluster(lab, undefined);
      for (const machine of lab.machines) {
        const status = await machine.json<StatusView>('status');
        expect(status.nodes.map((node) => node.name).toSorted()).toEqual(['n1', 'n2', 'n3']);
        expect(status.totals.nodes).toBe(3);
        expect(status.copies).toBe(3);
      }
    },
  );

  test('find each other by addresses where multicast is dropped', async () => {
    await using lab = Lab.create({ nodes: 3 });
    for (const index of [0, 1, 2]) lab.filter(index, ...dropMulticast);
    await startCluster(lab, undefined, ['--listen', '0.0.0.0:7946', '--peer', '10.77.0.1:7946']);
    expect((await lab.machine(2).json<StatusView>('status')).totals.nodes).toBe(3);
  });

  test('a machine with another cluster key stays out', async () => {
    await using lab = Lab.create({ nodes: 2 });
    await lab.machine(0).start('--cluster-key', writeClusterKey(lab));
    await lab.machine(1).start('--cluster-key', writeClusterKey(lab), '--peer', '10.77.0.1:7946');
    await lab.machine(1).until(async () => (await lab.machine(1).json<StatusView>('status')).coordinator !== undefined, 60_000);
    expect((await lab.machine(0).json<StatusView>('status')).nodes).toHaveLength(1);
    expect((await lab.machine(1).json<StatusView>('status')).nodes).toHaveLength(1);
  });

  test('a machine let in by an invitation joins, and the invitation works once', async () => {
    await using lab = Lab.create({ nodes: 3 });
    await lab.machine(0).start();
    const line = (await lab.machine(0).run('invite', '--quiet')).stdout.trim();
    const joined = await lab.machine(1).command([lab.machine(1).supervm, 'join', '--no-start'], `${line}\n`).finished;
    expect(joined).toMatchObject({ code: 0 });
    await lab.machine(1).start();
    await lab.machine(0).until(async () => (await lab.machine(0).json<StatusView>('status')).totals.nodes === 2, 60_000);
    const second = await lab.machine(2).command([lab.machine(2).supervm, 'join', '--no-start'], `${line}\n`).finished;
    expect(second.code).toBe(4);
    expect(second.stderr).toContain('invit');
  });

  test('a killed machine is seen as lost and comes back as the same node', async () => {
    await using lab = Lab.create({ nodes: 3 });
    await startCluster(lab, undefined);
    const before = await lab.machine(0).json<StatusView>('status');
    await lab.machine(2).kill('SIGKILL');
    await lab.machine(0).until(async () => {
      const status = await lab.machine(0).json<StatusView>('status');
      return status.nodes.some((node) => node.name === 'n3' && node.reachability === 'unreachable') && status.coordinator !== undefined;
    }, 60_000);
    await lab.machine(2).start();
    await lab.machine(2).until(async () => (await lab.machine(2).json<StatusView>('status')).totals.nodes === 3, 60_000);
    const after = await lab.machine(0).json<StatusView>('status');
    expect(after.nodes.map((node) => node.id).toSorted()).toEqual(before.nodes.map((node) => node.id).toSorted());
  });
});
