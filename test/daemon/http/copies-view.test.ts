import { describe, expect, test } from 'vitest';
import { copiesView, durabilityView, wantedCopies } from '../../../daemon/http/copies-view.ts';
import { jobView } from '../../../daemon/http/job-views.ts';
import type { JobView } from '../../../src/api/views.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { endedAs, sampleJob, stateOf, submitted } from './samples.ts';

const open = stateOf(submitted());
const hosts = ['host-a', 'host-b', 'host-c'];

function view(id: string, copies: Pick<JobView, 'copies' | 'copiesWanted' | 'resultCopies'>): JobView {
  return {
    ...jobView(open, { overview: undefined, delivery: undefined, copies, isSettled: () => false, inventoryOf: () => undefined, nameOf: (node) => node }),
    id,
  };
}

describe('copies', () => {
  test('are machines with the facts and the input files', () => {
    expect(copiesView(open, hosts, { job: sampleJob, inputs: ['host-a', 'host-c', 'host-d'], results: 1 }, 3)).toEqual({
      copies: ['host-a', 'host-c'],
      copiesWanted: 3,
      resultCopies: 1,
    });
  });

  test('are machines with the facts while nobody has looked for the files, and once the job has ended', () => {
    expect(copiesView(open, hosts, undefined, 3).copies).toEqual(hosts);
    const ended = stateOf(submitted(), endedAs('cancelled'));
    expect(copiesView(ended, hosts, { job: sampleJob, inputs: [] }, 3).copies).toEqual(hosts);
  });

  test('are wanted on three machines, those out of reach included, those that left not', () => {
    const membership = new FixedMembership('a', ['a', 'b', 'c', 'd']);
    expect(wantedCopies(membership.members())).toBe(3);
    membership.change('d', {}, 'left');
    membership.change('c', {}, 'unreachable');
    expect(wantedCopies(membership.members())).toBe(3);
    membership.change('c', { host: 'host-b' }, 'unreachable');
    expect(wantedCopies(membership.members())).toBe(2);
  });
});

describe('durability', () => {
  test('is that of the open job which the fewest machines hold', () => {
    const jobs = [view('one', { copies: hosts, copiesWanted: 3 }), view('two', { copies: ['host-a', 'host-b'], copiesWanted: 3 })];
    expect(durabilityView(jobs, 3, 3, [])).toEqual({ copies: 2, wanted: 3, job: 'two', problems: [] });
  });

  test('counts a result that one machine has', () => {
    const jobs = [view('one', { copies: hosts, copiesWanted: 3, resultCopies: 2 }), view('two', { copies: hosts, copiesWanted: 3, resultCopies: 1 })];
    expect(durabilityView(jobs, 3, 3, [])).toMatchObject({ copies: 1, job: 'two' });
  });

  test('is what a new job would get while none is open', () => {
    expect(durabilityView([], 2, 3, [])).toEqual({ copies: 2, wanted: 3, problems: [] });
  });
});
