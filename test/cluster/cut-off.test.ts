/** Needs root, network namespaces and bubblewrap: a machine that is cut off alone, and knows a job that the others go on with. */
import { expect, test } from 'vitest';
import { World } from '../proofs/world.ts';
import type { Machine } from '../support/lab-machine.ts';

test('a machine cut off from most others lets the jobs rest that they know too, and runs what is submitted to it meanwhile', async () => {
  await using world = await World.start(3);
  const [asked, alone] = world.machines as [Machine, Machine];
  await world.until('a quorate term of all', 120_000, async () => {
    const standing = (await world.status(asked))?.standing;
    return standing?.quorate === true && standing.voters === 3;
  });
  const { id = '' } = await world.submit(asked, { label: 'shared', tasks: 24, ms: 1_500 });
  await world.until('results everywhere', 60_000, async () => ((await world.job(alone, id).catch(() => undefined))?.tasks.kept ?? 0) > 2);
  world.split([alone]);
  await world.until('the reason to rest', 15_000, async () => {
    const { reasons } = await world.client(alone).call('why', { params: { job: id } });
    return reasons.some(({ code }) => code === 'cut-off');
  });
  const { id: own = '' } = await world.submit(alone, { label: 'own', tasks: 2, ms: 100 });
  await world.until('its own job', 15_000, async () => (await world.job(alone, own)).phase === 'succeeded');
  world.heal();
  await world.until('the end of both', 120_000, async () => {
    const jobs = await Promise.all([id, own].map((job) => world.job(asked, job)));
    return jobs.every(({ phase }) => phase === 'succeeded');
  });
  expect((await world.job(asked, id)).conflicts).toEqual([]);
});
