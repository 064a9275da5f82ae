/** Needs root and network namespaces: small forms of the experiments of `npm run prove`; the promises are the same, rounds and counts are fewer. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allKilled } from '../proofs/all-killed.ts';
import { cancelAtTheEnd } from '../proofs/cancel.ts';
import { deafTasks } from '../proofs/deaf-tasks.ts';
import { flood } from '../proofs/flood.ts';
import { partition } from '../proofs/partition.ts';
import { stoppedWorker } from '../proofs/stopped-worker.ts';
import { submissions } from '../proofs/submissions.ts';
import { World } from '../proofs/world.ts';

describe('promises that were made to people', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(3);
  });
  afterAll(() => world[Symbol.asyncDispose]());
  // Each begins with all machines, whatever the one before did to them.
  beforeEach(() => world.mend());

  test('what was acknowledged while coordinators were killed is there once, and work goes on within seconds', async () => {
    expect((await submissions(world, { submissions: 60, rounds: 2 })).failures).toEqual([]);
  });

  test('what was acknowledged before all daemons were killed at once is there after they came back', async () => {
    expect((await allKilled(world, { rounds: 1, submissions: 20 })).failures).toEqual([]);
  });

  test('both sides of a cut cluster work on, and say the same soon after they met', async () => {
    // Two and two: neither side has most of the voters.
    await using four = await World.start(4);
    expect((await partition(four, { rounds: 1, jobsASide: 2, apartMs: 6_000 })).failures).toEqual([]);
  });

  test('a job cancelled as it ends is in one of two states, on all machines, and stays there', async () => {
    expect((await cancelAtTheEnd(world, { trials: 30, failovers: 1 })).failures).toEqual([]);
  });

  test('a worker that was stopped in mid-task brings nothing back but the memory of it', async () => {
    expect((await stoppedWorker(world, { rounds: 1, stoppedMs: 6_000 })).failures).toEqual([]);
  });

  test('a flood of strangers, silent or full of garbage, leaves heartbeats, memory and file handles unharmed', async () => {
    expect((await flood(world, { connections: 1_000, seconds: 4 })).failures).toEqual([]);
  });

  test('tasks that heed no signal and hide their processes leave none behind', async () => {
    expect((await deafTasks(world, { rounds: 1 })).failures).toEqual([]);
  });
});
