/** Real daemons in the background: started, found again, joined, stopped. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StatusView } from '../../src/api/views.ts';
import { type Ended, runCli } from '../support/run-cli.ts';

let folder: string;
let homes: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-up-'));
  homes = ['one', 'two'].map((name) => join(folder, name));
});
afterEach(async () => {
  for (const home of homes) await supervm(home, 'down');
  rmSync(folder, { recursive: true, force: true });
});

const alone = ['--no-discovery', '--listen', '127.0.0.1:0'];

function supervm(home: string, ...words: readonly string[]): Promise<Ended> {
  return runCli(home, words, { folder });
}

async function statusOf(home: string): Promise<StatusView> {
  return JSON.parse((await supervm(home, 'status', '--json')).stdout) as StatusView;
}

test('up waits until the daemon answers, a second one is refused, down waits until it is gone', async () => {
  const [home] = homes as [string];
  expect(await supervm(home, 'up', '--name', 'first', ...alone)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^first is up: 1 node[\s\S]*supervm join/),
  });
  expect(await statusOf(home)).toMatchObject({ totals: { nodes: 1 }, copies: 1, nodes: [{ name: 'first', self: true }] });
  await expect.poll(async () => (await statusOf(home)).nodes[0]?.coordinator, { timeout: 60_000 }).toBe(true);
  expect(await supervm(home, 'up')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^first was up already/) });
  expect(await supervm(home, 'daemon', ...alone)).toMatchObject({ code: 1, stderr: expect.stringMatching(/Another daemon \(pid \d+\) uses/) });
  expect(await supervm(home, 'down')).toMatchObject({ code: 0, stdout: expect.stringContaining('has stopped') });
  expect(existsSync(join(home, 'daemon.pid'))).toBe(false);
  expect(await supervm(home, 'status')).toMatchObject({ code: 5 });
});

test('a daemon that cannot start says why at once', async () => {
  const [home] = homes as [string];
  const { code, stderr } = await supervm(home, 'up', '--no-discovery', '--listen', '192.0.2.1:1');
  expect(code).not.toBe(0);
  expect(stderr).toContain('192.0.2.1');
  expect(stderr).not.toMatch(/\n\s+at /);
});

test('a restarted daemon is the same node', async () => {
  const [home] = homes as [string];
  await supervm(home, 'up', ...alone);
  const before = await statusOf(home);
  await supervm(home, 'down');
  await supervm(home, 'up', ...alone);
  expect((await statusOf(home)).node).toBe(before.node);
});

test('restart starts it again with the settings it had', async () => {
  const [home] = homes as [string];
  await supervm(home, 'up', '--name', 'first', '--without', 'blender', ...alone);
  const before = await statusOf(home);
  const pid = readFileSync(join(home, 'daemon.pid'), 'utf8');
  expect(await supervm(home, 'restart')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^first has restarted: 1 node/) });
  expect(readFileSync(join(home, 'daemon.pid'), 'utf8')).not.toBe(pid);
  const after = await statusOf(home);
  expect(after.node).toBe(before.node);
  expect(after.nodes[0]?.addresses.every((address) => address.startsWith('127.0.0.1'))).toBe(true);
});

test('restart starts a daemon where none runs', async () => {
  const [home] = homes as [string];
  expect(await supervm(home, 'restart')).toMatchObject({ code: 0, stdout: expect.stringMatching(/ is up: 1 node/) });
});

test('a lone daemon that is invited leaves its own cluster and is started again in the other', async () => {
  const [inviting, joining] = homes as [string, string];
  await supervm(inviting, 'up', '--name', 'host', ...alone);
  await supervm(joining, 'up', '--name', 'guest', ...alone);
  const line = (await supervm(inviting, 'invite', '--quiet')).stdout;
  const joined = await runCli(joining, ['join', '--name', 'guest', ...alone], { folder, input: line });
  expect(joined).toMatchObject({ code: 0, stdout: expect.stringContaining('guest has joined') });
  await expect.poll(async () => (await statusOf(inviting)).totals.nodes, { timeout: 60_000 }).toBe(2);
  expect((await statusOf(joining)).cluster).toBe((await statusOf(inviting)).cluster);
  expect(await runCli(joining, ['join', ...alone], { folder, input: line })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('belongs to a cluster of 2 nodes'),
  });
  expect(readFileSync(join(joining, 'logs/daemon.log'), 'utf8')).not.toContain(line.trim());
});
