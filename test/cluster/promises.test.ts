/** Needs root and network namespaces: small forms of the experiments of `npm run prove`; the promises are the same, rounds and counts are fewer. */
import { describe, expect, test } from 'vitest';
import { allKilled } from '../proofs/all-killed.ts';
import { cancelAtTheEnd } from '../proofs/cancel.ts';
import { deafTasks } from '../proofs/deaf-tasks.ts';
import { partition } from '../proofs/partition.ts';
import { stoppedWorker } from '../proofs/stopped-worker.ts';
import { submissions } from '../proofs/submissions.ts';

describe('promises that were made to people', () => {
  test('what was acknowledged while coordinators were killed is there once, and work goes on within seconds', async () => {
    expect((await submissions({ nodes: 3, submissions: 60, rounds: 2 })).failures).toEqual([]);
  }, 240_000);

  test('what was acknowledged before all daemons were killed at once is there after they came back', async () => {
    expect((await allKilled({ nodes: 3, rounds: 1, submissions: 20 })).failures).toEqual([]);
  }, 240_000);

  test('both sides of a cut cluster work on, and say the same soon after they met', async () => {
    expect((await partition({ nodes: 4, rounds: 1, jobsASide: 2, apartMs: 6_000 })).failures).toEqual([]);
  }, 240_000);

  test('a job cancelled as it ends is in one of two states, on all machines, and stays there', async () => {
    expect((await cancelAtTheEnd({ nodes: 3, trials: 30, failovers: 1 })).failures).toEqual([]);
  }, 240_000);

  test('a worker that was stopped in mid-task brings nothing back but the memory of it', async () => {
    expect((await stoppedWorker({ nodes: 3, rounds: 1, stoppedMs: 6_000 })).failures).toEqual([]);
  }, 240_000);

  test('tasks that heed no signal and hide their processes leave none behind', async () => {
    expect((await deafTasks({ nodes: 3, rounds: 1 })).failures).toEqual([]);
  }, 240_000);
});
