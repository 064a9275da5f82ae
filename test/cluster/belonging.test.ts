/** Needs root, network namespaces and nftables: who is let into a cluster, and who is put out of it, with multicast off. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ExpulsionReceipt, InviteView } from '../../src/api/machines.ts';
import type { NodeView, StatusView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import type { Finished, Machine } from '../support/lab-machine.ts';

const dropMulticast = [
  'add table ip silence',
  'add chain ip silence out { type filter hook output priority 0 ; }',
  'add rule ip silence out ip daddr 224.0.0.0/4 drop',
];

const join = (machine: Machine, line: string): Promise<Finished> => machine.command([machine.supervm, 'join', '--no-start'], `${line}\n`).finished;
const inviteOf = async (machine: Machine, ...flags: readonly string[]): Promise<string> => (await machine.json<InviteView>('invite', ...flags)).line;
const nodesOf = (machine: Machine): Promise<readonly NodeView[]> => machine.json('nodes');
const isHere = async (machine: Machine, name: string): Promise<boolean> =>
  (await nodesOf(machine)).some((node) => node.name === name && node.reachability === 'alive');

interface LogLine {
  readonly time: string;
  readonly msg?: string;
  readonly reason?: string;
}

function logOf(machine: Machine): readonly LogLine[] {
  const lines = readFileSync(machine.file('logs/daemon.log'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogLine);
}

test('machines are let in by invitations alone, one is put out within two seconds, and neither a restart nor its word lets it in again', async () => {
  await using lab = Lab.create({ nodes: 3 });
  const [founder, second, third] = lab.machines as readonly [Machine, Machine, Machine];
  for (const index of [0, 1, 2]) lab.filter(index, ...dropMulticast);
  await founder.start();
  const used = await inviteOf(founder);
  expect(await join(second, used)).toMatchObject({ code: 0 });
  await second.start();
  await second.until(() => isHere(second, founder.name), 30_000);
  // The second machine can let others in too, though the founder is off.
  await second.until(() => isHere(founder, second.name), 30_000);
  expect(await join(third, await inviteOf(second))).toMatchObject({ code: 0 });
  expect(await join(third, used)).toMatchObject({ code: 4, stderr: expect.stringContaining('used already') });
  await third.start();
  await third.until(async () => (await isHere(third, founder.name)) && (await isHere(founder, third.name)) && (await isHere(second, third.name)), 60_000);
  const open = await inviteOf(second);

  await third.until(async () => (await nodesOf(third)).filter(({ voter }) => voter).length === 3, 60_000);
  const receipt = await founder.json<ExpulsionReceipt>('node', 'remove', '--yes', second.name);
  expect(receipt.warnings.map(({ code }) => code)).toEqual(['one-admin-key']);
  // What each of them wrote down when it cut the connection, after the founder learned of the removal.
  const removedAt = logOf(founder).find(({ msg }) => msg === 'a machine was removed from the cluster')?.time;
  for (const machine of [founder, third]) {
    await machine.until(() => logOf(machine).some(({ reason }) => reason === 'it was removed from the cluster'), 30_000);
    const cut = logOf(machine).find(({ reason }) => reason === 'it was removed from the cluster');
    expect(Date.parse(String(cut?.time)) - Date.parse(String(removedAt))).toBeLessThan(2_000);
    // The new list of voters reaches all of them soon.
    await machine.until(async () => (await nodesOf(machine)).some(({ id, voter }) => id === receipt.node && !voter), 30_000);
    expect((await nodesOf(machine)).find(({ id }) => id === receipt.node)).toMatchObject({ reachability: 'left', voter: false });
  }
  const problems = async (): Promise<string> => (await second.json<StatusView>('status')).durability.problems.map(({ message }) => message).join(' ');
  await second.until(async () => (await problems()).includes('was removed from the cluster'), 30_000);
  // A removed inviter lets nobody in, and an old invitation of its own does not either.
  expect(await second.run('invite')).toMatchObject({ code: 4, stderr: expect.stringContaining('removed') });
  expect(open).toMatch(/^supervm-invite-2:/);

  const since = Date.now();
  await second.kill('SIGKILL');
  await second.start();
  await third.kill('SIGKILL');
  await third.start();
  await third.until(() => isHere(third, founder.name), 60_000);
  expect(await problems()).toContain('was removed from the cluster');
  await third.until(() => logOf(third).some(({ reason, time }) => reason === 'it was removed from the cluster' && Date.parse(String(time)) > since), 60_000);
  expect(await isHere(third, second.name)).toBe(false);

  // It may be invited again, and comes back as a new node.
  await second.kill('SIGTERM');
  expect(await join(second, await inviteOf(founder))).toMatchObject({ code: 0 });
  await second.start();
  await second.until(async () => (await isHere(second, third.name)) && (await isHere(founder, second.name)), 60_000);
  const audit = (await founder.run('audit')).stdout;
  for (const action of ['machine-admitted', 'machine-removed']) expect(audit).toContain(action);
});

test('a new machine of the same network is let in by comparing words, and one that finds nobody founds a cluster of its own', async () => {
  await using lab = Lab.create({ nodes: 3 });
  const [founder, second, third] = lab.machines as readonly [Machine, Machine, Machine];
  await founder.start();
  const inviting = founder.command([founder.supervm, 'invite', '--approve'], 'y\n');
  await founder.until(() => inviting.output().includes('supervm-invite-2:'), 30_000);
  const up = await second.command([second.supervm, 'up', '--name', 'n2'], 'y\n').finished;
  expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining('has joined') });
  const words = /\n {4}((?:[a-z]+ ){5}[a-z]+)\n/.exec(up.stderr)?.[1];
  expect((await inviting.finished).stderr).toContain(`\n    ${words}\n`);
  await founder.until(() => isHere(founder, 'n2'), 60_000);
  // The invitation is used: nobody waits for a third one, which names the cluster that it sees.
  const alone = await third.run('up', '--name', 'n3');
  expect(alone).toMatchObject({ code: 0, stdout: expect.stringMatching(/n3 is up: 1 node[\s\S]*Recovery code: ([0-9A-Z]{4}-){6}/) });
  expect(alone.stderr).toContain('Another cluster was seen');
});
