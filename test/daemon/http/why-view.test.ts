import { describe, expect, test } from 'vitest';
import type { WaitingReason } from '../../../daemon/coordinator/coordination.ts';
import { jobView } from '../../../daemon/http/job-views.ts';
import type { DeliveryState } from '../../../daemon/http/services.ts';
import { whyView } from '../../../daemon/http/why-view.ts';
import type { WhyView } from '../../../src/api/views.ts';
import type { HostRequirements } from '../../../src/model/job.ts';
import type { JobState } from '../../../src/model/job-state.ts';
import { requirementsOf } from '../../support/inventories.ts';
import { recordOf, stepWith } from '../../support/jobs.ts';
import { failed, stateOf, submitted } from './samples.ts';

function why(state: JobState, waiting: readonly WaitingReason[] | undefined, delivery?: DeliveryState): WhyView {
  const nameOf = (node: string): string => `name-${node}`;
  return whyView(
    state,
    jobView(state, { overview: undefined, delivery, copies: { copies: [], copiesWanted: 1 }, isSettled: () => false, inventoryOf: () => undefined, nameOf }),
    waiting,
    nameOf,
  );
}

function needing(...programs: HostRequirements['programs'][number][]): JobState {
  return stateOf(submitted(recordOf({ steps: [stepWith(4, { requirements: requirementsOf({ programs }) })] })));
}

const reason = (code: WaitingReason['code']): WaitingReason => ({ code, tasks: 4, step: 'render', nodes: [{ node: 'b', reason: 'has no blender' }] });

describe('why a job waits', () => {
  test('no node has the program: what to install', () => {
    const [first] = why(needing({ name: 'blender' }), [reason('no-program')]).reasons;
    expect(first).toMatchObject({
      code: 'no-program',
      tasks: 4,
      hint: 'To install on a node: apt install blender',
      nodes: [{ name: 'name-b', reason: 'has no blender' }],
    });
  });

  test('a once-only step waits for a quorate term: how many voters are reachable, and what to do', () => {
    const [first] = why(needing(), [{ ...reason('needs-quorum'), detail: '1 of 2 voters reachable' }]).reasons;
    expect(first?.message).toContain('wait for a quorate term: 1 of 2 voters reachable');
    expect(first?.hint).toContain('supervm node forget');
  });

  test('the disks of all that could run them: which ones, and what is wrong with each', () => {
    const disk = { ...reason('all-busy'), detail: 'disk', nodes: [{ node: 'b', reason: 'takes nothing now: its disk is full' }] };
    const [first] = why(needing(), [disk]).reasons;
    expect(first?.message).toContain('set aside, because its disk is full, read-only or failing');
    expect(first?.nodes).toEqual([{ name: 'name-b', reason: 'takes nothing now: its disk is full' }]);
    expect(why(needing(), [reason('all-busy')]).reasons[0]?.message).toContain('is busy');
  });

  test('a build without a feature is named', () => {
    const [first] = why(needing({ name: 'blender', features: ['denoise'] }), [reason('no-program')]).reasons;
    expect(first?.message).toContain('blender built with denoise');
  });

  test("no node has a job type of the user's own: where its folder belongs", () => {
    const { reasons } = why(needing({ name: 'job-type:count', features: ['d'] }), [
      { code: 'no-program', tasks: 4, step: 'render', nodes: [{ node: 'b', reason: 'has another version of the job type count' }] },
    ]);
    expect(reasons[0]?.message).toContain('no node has the job type count as it was when the job was submitted');
    expect(reasons[0]?.hint).toContain('job-types/count');
  });

  test('a program that is too old: which version is needed', () => {
    const [first] = why(needing({ name: 'blender', minimumVersion: '4.99' }), [reason('program-too-old')]).reasons;
    expect(first?.message).toContain('blender 4.99 or newer');
  });

  test.each(['too-small', 'all-busy', 'nodes-paused', 'job-paused', 'needs-step', 'no-node', 'inputs-missing'] as const)(
    '%s has words and a next step',
    (code) => {
      const [first] = why(needing({ name: 'blender' }), [reason(code)]).reasons;
      expect(first?.message).toMatch(/^4 tasks of step render: .+/);
      expect(first?.hint).not.toBe('');
    },
  );

  test('without a coordinator that is the reason', () => {
    expect(why(stateOf(submitted()), undefined).reasons).toMatchObject([{ code: 'no-coordinator', tasks: 4 }]);
  });
});

test('why it failed: each failed task with its fix', () => {
  const state = stateOf(submitted(), failed(1, 1), failed(1, 2));
  const { reasons } = why(state, []);
  expect(reasons).toMatchObject([
    { code: 'task-failed', message: 'render frame=2 failed after 2 attempts: plate.png is damaged', nodes: [{ name: 'name-b' }] },
  ]);
  expect(reasons[0]?.hint).toContain('supervm retry');
});

test('results that cannot be written are a reason too', () => {
  const { reasons } = why(stateOf(submitted()), [], { files: 0, complete: false, problem: { code: 'disk-full', message: 'No room' } });
  expect(reasons).toMatchObject([{ code: 'disk-full', message: 'Results cannot be written into /out: No room' }]);
  expect(reasons[0]?.hint).toContain('supervm get');
});

test('nothing is made up where nothing waits', () => {
  expect(why(stateOf(submitted()), []).reasons).toEqual([]);
});
