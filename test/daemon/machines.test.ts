import { beforeEach, expect, test } from 'vitest';
import { createMachines, type MachinesNeeds } from '../../daemon/machines.ts';
import { createAdminKey } from '../../daemon/network/papers/admin-key.ts';
import { signAdmin } from '../../daemon/network/papers/signed-facts.ts';
import type { AuditLine } from '../../src/model/cluster-facts.ts';
import { type FoundedCluster, foundedCluster } from '../support/founded-cluster.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

type Ask = (from: string, request: { readonly type: 'expel'; readonly node: string }) => Promise<unknown>;

let cluster: FoundedCluster;
let audit: AuditLine[];
let ask: Ask;
let machines: ReturnType<typeof createMachines>;
const secrets = new Map<string, { readonly type: 'secret-set' | 'secret-removed' }>();

beforeEach(async () => {
  const clock = new VirtualClock();
  cluster = await foundedCluster(clock, 'founder');
  audit = [];
  secrets.clear();
  const parts = {
    ...{ clock, keepAdminKey: () => undefined, problem: () => undefined },
    network: { papers: cluster.papers, auditTo: () => undefined, onCertified: () => undefined },
    plane: {
      audit: (line: AuditLine) => audit.push(line),
      journal: { cluster: () => ({ secrets }), appendCluster: async () => ({ copies: ['host'] }) },
      messenger: {
        connected: () => [],
        serve: (_: unknown, { onRequest }: { readonly onRequest: Ask }) => {
          ask = onRequest;
        },
      },
      leadership: { voters: () => undefined },
      membership: { member: (id: string) => ({ facts: { name: `the ${id}` } }) },
    },
  };
  machines = createMachines(parts as unknown as MachinesNeeds);
});

test('a holder of an admin key that is asked to expel itself refuses, and that is written down', async () => {
  await expect(ask('laptop', { type: 'expel', node: 'founder' })).rejects.toMatchObject({ code: 'not-allowed' });
  expect(cluster.papers.adminKey).toBeDefined();
  expect(audit).toMatchObject([{ who: 'node:the laptop', door: 'peer', action: 'removal-refused', subject: 'founder', outcome: 'refused' }]);
  expect(await ask('laptop', { type: 'expel', node: 'tablet' })).toMatchObject({ type: 'expelled', copies: ['host'] });
});

test('whoever expels a machine is told of the admin keys that it gave, and of the secrets that it knows', async () => {
  const second = createAdminKey();
  cluster.papers.certifyAdmin(second.id, 'second');
  cluster.papers.learn(signAdmin(cluster.key.clusterId, { at: 1, key: createAdminKey().id, name: 'third' }, second));
  secrets.set('token', { type: 'secret-set' });
  const { warnings } = await machines.expel('second', { who: 'owner', door: 'socket' } as never);
  expect(warnings.map(({ code }) => code)).toEqual(['gave-admin-keys', 'knows-secrets']);
  expect(warnings[0]?.message).toContain('the third (third)');
  secrets.set('token', { type: 'secret-removed' });
  expect((await machines.expel('third', { who: 'owner', door: 'socket' } as never)).warnings.map(({ code }) => code)).toEqual(['one-admin-key']);
});
