/** Needs root, network namespaces and bubblewrap: what is said elsewhere of a node that drains. */
import { expect, test } from 'vitest';
import { World } from '../proofs/world.ts';
import type { Machine } from '../support/lab-machine.ts';

test('a node that drains is shown so on another one, also after it was unpaused from there', async () => {
  await using world = await World.start(2);
  const [asked, leaving] = world.machines as [Machine, Machine];
  const { id = '' } = await world.submit(asked, { label: 'drain', tasks: 4, ms: 600_000, in: 'process' });
  await world.until('4 running tasks', 60_000, async () => (await world.job(asked, id)).running.filter(({ message }) => message === 'asleep').length === 4);
  const typed = leaving.type('down');
  const line = async (): Promise<string> => (await asked.run('nodes')).stdout.split('\n').find((text) => text.startsWith(leaving.name)) ?? '';
  await world.until('its word', 60_000, async () => (await line()).includes('draining'));
  const unpaused = await asked.run('node', 'unpause', leaving.name);
  expect(unpaused).toMatchObject({ code: 0, stdout: expect.stringContaining('is being drained and takes no tasks') });
  expect(await line()).toContain('draining');
  expect(await line()).not.toContain('paused');
  typed.child.kill('SIGINT');
  expect((await typed.finished).code).toBe(130);
  await world.until('tasks again', 60_000, async () => !/draining|paused/.test(await line()));
});
