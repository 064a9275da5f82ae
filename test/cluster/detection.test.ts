/** Needs root and network namespaces: what real daemons think of one another when machines die, stand still, stall, or are hard to reach. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusView } from '../../src/api/views.ts';
import { LabNetwork } from '../chaos/faults/network.ts';
import type { Machine } from '../support/lab-machine.ts';
import { busyCluster, losses, lostAfter, pause, verdicts } from '../support/verdicts.ts';

test('a killed daemon is lost at once, a stopped one and a pulled cable in seconds, and all come back', async () => {
  await using lab = await busyCluster();
  const [one, two, three] = lab.machines as readonly [Machine, Machine, Machine];
  let since = Date.now();
  three.signal('SIGSTOP');
  const stopped = await lostAfter([one, two], three, since);
  three.signal('SIGCONT');
  await one.until(() => verdicts([one, two], since).filter(({ of, is }) => of === three.name && is === 'alive').length === 2, 20_000);
  since = Date.now();
  lab.cable(2, false);
  const unplugged = await lostAfter([one, two], three, since);
  lab.cable(2, true);
  await one.until(() => verdicts([one, two], since).filter(({ of, is }) => of === three.name && is === 'alive').length === 2, 60_000);
  since = Date.now();
  await three.kill('SIGKILL');
  const killed = await lostAfter([one, two], three, since);
  process.stdout.write(`detection_ms stopped ${stopped.join(' ')}, unplugged ${unplugged.join(' ')}, killed ${killed.join(' ')}\n`);
  for (const ms of [...stopped, ...unplugged]) expect(ms).toBeLessThan(6000);
  for (const ms of killed) expect(ms).toBeLessThan(1500);
  expect(losses([one, two], since).map(({ of }) => of)).toEqual([three.name, three.name]);
}, 180_000);

test('nobody is lost though packets are, daemons stand still in short beats, and every core is taken', async () => {
  await using lab = await busyCluster();
  const since = Date.now();
  lab.machines.forEach((_, index) => {
    lab.filter(index, 'add table inet weather', 'add chain inet weather in { type filter hook input priority 0 ; }');
    lab.filter(index, 'add rule inet weather in numgen random mod 10 < 1 drop');
  });
  await pause(15_000);
  expect(losses(lab.machines, since)).toEqual([]);
  for (let beat = 0; beat < 20; beat += 1) {
    lab.machine(1).signal('SIGSTOP');
    await pause(300);
    lab.machine(1).signal('SIGCONT');
    await pause(300);
  }
  expect(losses(lab.machines, since)).toEqual([]);
  const burners = Array.from({ length: 2 * availableParallelism() }, () => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
  await pause(15_000);
  for (const burner of burners) burner.kill('SIGKILL');
  expect(losses(lab.machines, since)).toEqual([]);
}, 180_000);

/** Milliseconds that twenty connections from one machine to the other took to stand. */
async function connectTimes(from: Machine, to: Machine): Promise<readonly number[]> {
  const [address = ''] = (await to.json<StatusView>('status')).nodes.find(({ name }) => name === to.name)?.addresses ?? [];
  const [host, port] = address.split(':');
  const script = `const { connect } = require('node:net');
    (async () => { for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => {
      const since = performance.now();
      const socket = connect(${port}, '${host}', () => { console.log(performance.now() - since); socket.destroy(); done(); });
    }); })();`;
  const { stdout, stderr } = await from.command([process.execPath, '-e', script]).finished;
  expect(stderr).toBe('');
  return stdout.trim().split('\n').map(Number);
}

test('nobody is lost in a minute of late and lost packets, and a killed daemon is found all the same', async () => {
  await using lab = await busyCluster();
  const [one, two, three] = lab.machines as readonly [Machine, Machine, Machine];
  const network = new LabNetwork(lab);
  try {
    const since = Date.now();
    await network.add({ kind: 'loss', share: 0.1 });
    await network.add({ kind: 'delay', meanMs: 100, jitterMs: 80 });
    const [delays] = await Promise.all([connectTimes(one, two), pause(60_000)]);
    expect(losses(lab.machines, since)).toEqual([]);
    // The weather was as bad as it says: there and back.
    expect(Math.min(...delays)).toBeGreaterThan(40);
    expect(Math.max(...delays)).toBeGreaterThan(200);
    const killedAt = Date.now();
    await three.kill('SIGKILL');
    const killed = await lostAfter([one, two], three, killedAt);
    process.stdout.write(`detection_ms in bad weather: killed ${killed.join(' ')}\n`);
    for (const ms of killed) expect(ms).toBeLessThan(6000);
    expect(losses([one, two], since).map(({ of }) => of)).toEqual([three.name, three.name]);
  } finally {
    network.close();
  }
}, 180_000);

test('a main loop busy for four seconds is not lost, one that stands still for thirteen is until it goes on', async () => {
  const stall = resolve(import.meta.dirname, '../support/stall-on-signal.ts');
  const times = ['4000', '13000'];
  await using lab = await busyCluster({
    variables: (index) => (index === 0 ? {} : { NODE_OPTIONS: `--import ${stall}`, STALL_MS: times[index - 1] as string }),
  });
  const [one, short, long] = lab.machines as readonly [Machine, Machine, Machine];
  let since = Date.now();
  short.signal('SIGUSR2');
  await pause(6000);
  expect(losses(lab.machines, since)).toEqual([]);
  since = Date.now();
  long.signal('SIGUSR2');
  const lost = await lostAfter([one, short], long, since);
  for (const ms of lost) expect(ms).toBeGreaterThan(8000);
  await one.until(() => verdicts([one, short], since).filter(({ of, is }) => of === long.name && is === 'alive').length === 2, 30_000);
}, 180_000);

test('without UDP heartbeats go over the connections', async () => {
  await using lab = await busyCluster();
  lab.machines.forEach((_, index) => {
    lab.filter(index, 'add table inet wall', 'add chain inet wall in { type filter hook input priority 0 ; }', 'add rule inet wall in udp dport 7946 drop');
  });
  let since = Date.now();
  await pause(10_000);
  expect(losses(lab.machines, since)).toEqual([]);
  since = Date.now();
  lab.machine(2).signal('SIGSTOP');
  for (const ms of await lostAfter(lab.machines.slice(0, 2), lab.machine(2), since)) expect(ms).toBeLessThan(6000);
}, 120_000);
