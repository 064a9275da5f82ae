/** Needs root, iproute2, nftables, libfaketime: what doctor says of real networks, filters, clocks and a daemon that hangs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { fakedClock, forgetDeadClocks } from '../support/faked-clock.ts';
import { Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { writeClusterKey } from '../support/start-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'svm-doctor-'));
const clock = join(folder, 'clock');

afterAll(() => {
  forgetDeadClocks();
  rmSync(folder, { recursive: true });
});

interface Report {
  readonly exit: number;
  of(name: string): Finding | undefined;
}

async function examine(machine: Machine): Promise<Report> {
  const { code, stdout } = await machine.run('doctor', '--json');
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly Finding[] };
  return { exit: code, of: (name) => checks.find((finding) => finding.name === name) };
}

const table = ['flush ruleset', 'add table inet lab'];
const silence = [...table, 'add chain inet lab out { type filter hook output priority 0 ; }', 'add rule inet lab out ip daddr 224.0.0.0/4 drop'];
const closed = [
  ...table,
  'add chain inet lab in { type filter hook input priority 0 ; policy drop ; }',
  'add rule inet lab in iifname lo accept',
  'add rule inet lab in ct state established,related accept',
  'add rule inet lab in ip daddr 224.0.0.0/4 accept',
];

test('names what keeps machines apart, on real networks', async () => {
  // Each program is looked for by other tests; here they would cost seconds.
  const without = { SUPERVM_WITHOUT: 'blender,chromium' };
  await using lab = Lab.create({ nodes: 3, variables: (index) => (index === 1 ? { ...without, ...fakedClock(clock) } : without) });
  const [n1, n2, n3] = lab.machines as readonly [Machine, Machine, Machine];

  // One machine of a cluster, with a wrong clock, and one of another cluster.
  writeFileSync(clock, '+10m');
  const key = writeClusterKey(lab);
  const others = Promise.all([n2.start('--cluster-key', key), n3.start()]);

  // Without a daemon: multicast dropped by a filter.
  lab.filter(0, ...silence);
  const deaf = await examine(n1);
  expect(deaf.of('multicast-eth0')).toMatchObject({
    state: 'failing',
    cause: expect.stringContaining('inet lab out'),
    commands: expect.arrayContaining(['supervm join']),
  });
  expect(deaf.exit).toBe(1);
  lab.filter(0, 'flush ruleset');

  await Promise.all([others, n1.start('--cluster-key', key)]);
  const sees = async (): Promise<number> => (await n1.json<{ readonly totals: { readonly nodes: number } }>('status')).totals.nodes;
  await n1.until(async () => (await sees()) === 2, 60_000);
  const joined = await examine(n1);
  expect(joined.of('daemon')).toMatchObject({ state: 'ok' });
  expect(joined.of('peer-port')).toMatchObject({ found: 'TCP and UDP 7946 are ours' });
  expect(joined.of('multicast-eth0')).toMatchObject({ state: 'ok', found: expect.stringContaining('1 of 1 known machines') });
  expect(joined.of('reachable')).toMatchObject({ state: 'ok' });
  expect(joined.of('other-clusters')?.found).toContain('10.77.0.3:7946');
  expect(joined.of('clock-skew')).toMatchObject({ state: 'failing', found: expect.stringMatching(/n2 is (10 min|9 min 5\d s) ahead/) });

  // New connections are dropped, old ones live on. A peer asked twice within a second tells what it found the first time.
  lab.filter(0, ...closed);
  let shut = await examine(n1);
  await n1.until(async () => {
    if (shut.of('reachable')?.state === 'ok') shut = await examine(n1);
    return shut.of('reachable')?.state !== 'ok';
  }, 10_000);
  expect(shut.of('firewall')).toMatchObject({ state: 'failing', commands: expect.arrayContaining(['nft insert rule inet lab in tcp dport 7946 accept']) });
  expect(shut.of('reachable')).toMatchObject({ state: 'failing', found: 'n2 cannot connect to this machine' });

  // A daemon that hangs holds up nobody.
  n1.signal('SIGSTOP');
  const { code, stdout } = await n1.run('doctor', '--quiet');
  n1.signal('SIGCONT');
  expect(code).toBe(1);
  expect(stdout.split('\n')).toContain('daemon');
});
