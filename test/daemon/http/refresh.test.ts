/** What a node that is no standby answers with. */
import { expect, test } from 'vitest';
import { ApiWorld } from './api-world.ts';
import { sampleJob, sampleRecord } from './samples.ts';

const ofJob = { params: { job: sampleJob.slice(0, 8) } };

function behind(): ApiWorld {
  const world = new ApiWorld();
  world.journal.refresh = async () => {
    world.journal.submit(sampleRecord);
  };
  return world;
}

test('a job that it has not heard of yet is asked for', async () => {
  expect((await behind().call('job', ofJob)).id).toBe(sampleJob);
  expect((await behind().call('why', ofJob)).job).toBe(sampleJob);
  expect((await behind().call('pause', ofJob)).phase).toBe('paused');
});

test('a list has what it has not heard of yet', async () => {
  expect((await behind().call('jobs')).map(({ id }) => id)).toEqual([sampleJob]);
  expect((await behind().call('status')).queue.jobs).toBe(1);
});
