import { describe, expect, test } from 'vitest';
import { type JobSurroundings, jobView, logViews, matchJob, resultViews } from '../../../daemon/http/job-views.ts';
import type { JobId } from '../../../src/model/job.ts';
import type { JobState } from '../../../src/model/job-state.ts';
import { inventoryOf } from '../../support/inventories.ts';
import { attemptOf, firstTerm } from '../../support/jobs.ts';
import { endedAs, failed, kept, sampleJob, stateOf, submitted } from './samples.ts';

const around: JobSurroundings = {
  overview: undefined,
  delivery: undefined,
  copies: { copies: ['host-a'], copiesWanted: 3 },
  isSettled: () => true,
  inventoryOf: (node: string) => (node === 'gone' ? undefined : inventoryOf({ labels: { sandbox: 'limited' } })),
  nameOf: (node) => `name-${node}`,
};
const running = (index: number) => ({ attempt: attemptOf(sampleJob, index), fraction: 0.5, message: 'Sample 2/4', seconds: 3 });

describe('a job’s view', () => {
  test('says whether its end is settled, unknown to be so, or degraded', () => {
    const quorate = { ...endedAs('succeeded'), quorate: true } as const;
    expect(jobView(stateOf(submitted()), around)).toMatchObject({ settled: false });
    const settled = jobView(stateOf(submitted(), quorate), around);
    expect([settled.settled, settled.degraded]).toEqual([true, undefined]);
    const unknown = { ...around, isSettled: () => false };
    expect(jobView(stateOf(submitted(), quorate), unknown)).toMatchObject({ phase: 'succeeded', settled: false });
    expect(jobView(stateOf(submitted(), endedAs('succeeded')), unknown)).toMatchObject({ phase: 'succeeded', settled: false, degraded: true });
  });

  test('counts kept, running and waiting tasks', () => {
    const overview = { job: sampleJob, pending: 3, running: [running(1)], etaSeconds: 9 };
    const view = jobView(stateOf(submitted(), kept(0)), { ...around, overview });
    expect(view.tasks).toEqual({ total: 4, kept: 1, running: 1, failed: 0, pending: 2 });
    expect(view.running).toEqual([
      { attempt: attemptOf(sampleJob, 1), task: 'render frame=2', nodeName: 'name-b', fraction: 0.5, message: 'Sample 2/4', seconds: 3 },
    ]);
    expect(view).toMatchObject({ phase: 'active', etaSeconds: 9, owner: 'ann', outputFolder: '/out', copies: ['host-a'] });
  });

  test('names a failed task by its own fault rather than by a lost node', () => {
    const view = jobView(stateOf(submitted(), failed(1, 1), failed(1, 2, {}, 6), failed(1, 3, { blameNode: true, message: 'node lost' }, 7)), around);
    expect(view.failures).toEqual([
      { task: 'render frame=2', code: 'task-failed', message: 'plate.png is damaged', nodeName: 'name-b', attempts: 3, logTail: 'line one\nline two' },
    ]);
    expect(view.tasks.failed).toBe(1);
  });

  test('says how the tasks are kept apart and bounded on each node that has them, and nothing before one has', () => {
    const overview = { job: sampleJob, pending: 3, running: [running(1)], etaSeconds: 9 };
    const view = jobView(stateOf(submitted(), kept(0)), { ...around, overview });
    expect(view.bounds).toEqual([expect.objectContaining({ step: 'render', nodeName: 'name-b', isolation: 'limited', processes: 2048 })]);
    expect(jobView(stateOf(submitted()), around)).not.toHaveProperty('bounds');
    expect(jobView(stateOf(submitted(), kept(0)), { ...around, inventoryOf: () => undefined })).not.toHaveProperty('bounds');
  });

  test('an ended job runs nothing, whatever an old overview says', () => {
    const ended = { type: 'ended', job: sampleJob, at: 9, generation: 1, outcome: 'succeeded', term: firstTerm, kept: 4, failed: [] } as const;
    const view = jobView(stateOf(submitted(), kept(0), kept(1), kept(2), kept(3), ended), {
      ...around,
      overview: { job: sampleJob, pending: 0, running: [running(3)], etaSeconds: 1 },
    });
    expect(view).toMatchObject({ phase: 'succeeded', running: [], tasks: { running: 0, pending: 0, kept: 4 } });
  });

  test('shows what it can of a job whose record has not arrived', () => {
    expect(jobView(stateOf(kept(0)), around)).toMatchObject({ id: sampleJob, name: '', tasks: { total: 0 } });
    expect(resultViews(stateOf(kept(0)), around.nameOf)[0]?.task).toBe('render 0');
  });

  test('says how far the delivery is', () => {
    const delivery = { files: 2, complete: false, problem: { code: 'disk-full', message: 'full' } };
    expect(jobView(stateOf(submitted()), { ...around, delivery })).toMatchObject({
      delivered: 2,
      deliveryComplete: false,
      deliveryProblem: { code: 'disk-full' },
    });
  });
});

test('results are in the order of their tasks', () => {
  const results = resultViews(stateOf(submitted(), kept(3), kept(1), kept(2)), around.nameOf);
  expect(results.map((result) => result.task)).toEqual(['render frame=2', 'render frame=3', 'render frame=4']);
  expect(results[0]).toMatchObject({ nodeName: 'name-b', process: 100, outputs: [{ path: 'frame_0002.png' }] });
});

test('logs tell every ended attempt, and those of one task where asked', () => {
  const state = stateOf(submitted(), failed(1, 1), kept(1), kept(0));
  const views = (task?: string) => logViews(state, around.nameOf, task).map(({ view }) => view);
  const logs = views();
  expect(logs.map(({ task, outcome }) => `${task} ${outcome}`)).toEqual(['render frame=1 kept', 'render frame=2 failed', 'render frame=2 kept']);
  expect(logs[1]?.lines).toEqual(['line one', 'line two']);
  expect(views('frame=1').map(({ task }) => task)).toEqual(['render frame=1']);
});

describe('a job is found', () => {
  const of = (...ids: readonly string[]): Map<JobId, JobState> => new Map(ids.map((id) => [id, { ...stateOf(submitted()), id }]));

  test('by its id or an unambiguous beginning, whatever the case', () => {
    expect(matchJob(of('abc1', 'abd2'), 'ABC').found?.id).toBe('abc1');
    expect(matchJob(of('abc1', 'abc12'), 'abc1').found?.id).toBe('abc1');
  });

  test('never by a beginning that several have', () => {
    expect(matchJob(of('abc1', 'abd2'), 'ab')).toEqual({ found: undefined, candidates: ['abc1', 'abd2'] });
    expect(matchJob(of('abc1'), 'x')).toEqual({ found: undefined, candidates: [] });
  });

  test('not once it is removed', () => {
    const jobs = new Map([['abc1', { ...stateOf(submitted()), id: 'abc1', removed: true }]]);
    expect(matchJob(jobs, 'abc1').found).toBeUndefined();
  });
});
