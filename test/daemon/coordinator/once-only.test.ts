import { beforeEach, describe, expect, test } from 'vitest';
import type { Tracked } from '../../../daemon/coordinator/attempt-table.ts';
import { OnceOnly } from '../../../daemon/coordinator/once-only.ts';
import { reconcile } from '../../../daemon/coordinator/reconcile.ts';
import { renewLeases } from '../../../daemon/coordinator/renew-leases.ts';
import { Roster } from '../../../daemon/coordinator/roster.ts';
import { type Holdings, leaseGraceMs } from '../../../daemon/wire/work-protocol.ts';
import type { AttemptName, JobId } from '../../../src/model/job.ts';
import type { JobState } from '../../../src/model/job-state.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { requirementsOf } from '../../support/inventories.ts';
import { attemptOf, firstTerm, recordOf, stepWith } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const leaseMs = 10_000;
const step = stepWith(4, { onceOnly: true });
const record = recordOf({ steps: [step] });
let clock: VirtualClock;
let journal: MemoryJournal;
let membership: FixedMembership;
let quorate: boolean;
let onceOnly: OnceOnly;
let roster: Roster;
let job: JobId;
let stopped: unknown[];

beforeEach(() => {
  clock = new VirtualClock();
  journal = new MemoryJournal();
  membership = new FixedMembership('a', ['a', 'b', 'c']);
  quorate = true;
  stopped = [];
  const leadership = { quorate: () => quorate, standing: () => ({ quorate, reachable: 1, voters: 2 }) };
  onceOnly = new OnceOnly({ leaseMs }, { clock, leadership });
  const messenger = { send: (_to: string, _protocol: unknown, message: unknown) => void stopped.push(message) } as never;
  roster = new Roster({ term: firstTerm }, { journal, messenger, clock, onceOnly, cutOff: { holds: () => false } });
  job = journal.submit(record);
  roster.refresh(journal.job(job) as JobState);
});

function track(attempt: AttemptName): Tracked {
  const tracked: Tracked = {
    attempt,
    requirements: requirementsOf(),
    onceOnly: true,
    incarnation: 1,
    batch: 1,
    since: clock.now(),
    state: 'running',
    leaseUntil: clock.now() + leaseMs + leaseGraceMs,
    fraction: 0,
    message: '',
  };
  roster.attempts.add(tracked);
  return tracked;
}

function holdingsOf(...held: readonly [AttemptName, 'queued' | 'running'][]): Holdings {
  return { incarnation: 1, attempts: held.map(([attempt, state]) => ({ attempt, state, fraction: 0, message: '' })) };
}

const told = (node: string, holdings: Holdings): void => reconcile(node, holdings, { term: firstTerm, leaseMs }, { journal, membership, clock, roster });

describe('a once-only step', () => {
  test('waits for a quorate term, and says how many voters are reachable', () => {
    quorate = false;
    expect(onceOnly.holdOf(record, step)).toEqual({ code: 'needs-quorum', detail: '1 of 2 voters reachable' });
    expect(onceOnly.holdOf(record, stepWith(4))).toBeUndefined();
  });

  test('waits until no lease of an earlier coordinator can last any more, and only once in a term', async () => {
    expect(onceOnly.holdOf(record, step)).toEqual({ code: 'needs-lease-end' });
    await clock.advance(leaseMs + leaseGraceMs);
    expect(onceOnly.holdOf(record, step)).toBeUndefined();
    quorate = false;
    expect(onceOnly.holdOf(record, step)?.code).toBe('needs-quorum');
    quorate = true;
    expect(onceOnly.holdOf(record, step)).toBeUndefined();
  });

  test('does without voters when its submitter said so, but not without the wait', async () => {
    const alone = { ...record, alone: true as const };
    quorate = false;
    expect(onceOnly.holdOf(alone, step)).toEqual({ code: 'needs-lease-end' });
    await clock.advance(leaseMs + leaseGraceMs);
    expect(onceOnly.holdOf(alone, step)).toBeUndefined();
    expect(onceOnly.mayLease(alone)).toBe(true);
    expect(onceOnly.mayLease(record)).toBe(false);
  });
});

describe('a once-only attempt', () => {
  test('that is lost keeps its task until its lease has ended', async () => {
    const { attempt } = track(attemptOf(job, 0));
    roster.lose(attempt);
    roster.stop([attempt]);
    expect(roster.attempts.isActive(job, 'render', 0)).toBe(true);
    await clock.advance(leaseMs + leaseGraceMs + 1);
    roster.lose(attempt);
    expect(roster.attempts.isActive(job, 'render', 0)).toBe(false);
    expect([...(roster.board(job)?.queue('render')?.candidates() ?? [])].map(({ index }) => index)).toContain(0);
  });

  test('of a cancelled generation keeps its task from the next one, and gives it back then', async () => {
    const { attempt } = track(attemptOf(job, 0));
    roster.board(job)?.queue('render')?.took(0);
    journal.learn({ type: 'cancelled', job, at: 0, generation: 1 });
    roster.refresh(journal.job(job) as JobState);
    journal.learn({ type: 'retried', job, at: 0, generation: 2 });
    roster.refresh(journal.job(job) as JobState);
    const waiting = (): readonly number[] => [...(roster.board(job)?.queue('render')?.candidates() ?? [])].map(({ index }) => index);
    expect(waiting()).toEqual([1, 2, 3]);
    await clock.advance(leaseMs + leaseGraceMs + 1);
    roster.lose(attempt);
    expect([...waiting()].sort()).toEqual([0, 1, 2, 3]);
  });

  test('that its worker says has ended is placed again at once', () => {
    const { attempt } = track(attemptOf(job, 0));
    roster.release(attempt);
    expect(roster.attempts.isActive(job, 'render', 0)).toBe(false);
  });

  test('is renewed only while the term is quorate and the attempt is still wanted', async () => {
    const tracked = track(attemptOf(job, 0));
    await clock.advance(4000);
    const needs = { journal, clock, roster, onceOnly };
    const holdings = holdingsOf([tracked.attempt, 'running'], [attemptOf(job, 1), 'running']);
    expect(renewLeases('b', holdings, { leaseMs }, needs)).toEqual([tracked.attempt]);
    expect(tracked.leaseUntil).toBe(clock.now() + leaseMs + leaseGraceMs);
    expect(renewLeases('c', holdings, { leaseMs }, needs)).toEqual([]);
    quorate = false;
    expect(renewLeases('b', holdings, { leaseMs }, needs)).toEqual([]);
    quorate = true;
    journal.learn({ type: 'cancelled', job, at: 0, generation: 1 });
    expect(renewLeases('b', holdings, { leaseMs }, needs)).toEqual([]);
  });

  test('is not shortened by a report that renews nothing', () => {
    const tracked = track(attemptOf(job, 0));
    const { leaseUntil } = tracked;
    told('b', holdingsOf([tracked.attempt, 'running']));
    expect(tracked.leaseUntil).toBe(leaseUntil);
  });

  test('beside another one at its task is stopped, not adopted', () => {
    const running = attemptOf(job, 0, { node: 'c', attempt: 2 });
    track(running);
    told('b', holdingsOf([attemptOf(job, 0), 'running']));
    expect(roster.attempts.ofTask(job, 'render', 0).map(({ attempt }) => attempt)).toEqual([running]);
    expect(stopped).toMatchObject([{ type: 'stop', attempts: [{ node: 'b' }] }]);
  });

  test('of an earlier term is adopted when it runs, and stopped when it has not begun', () => {
    const before = { number: 0, node: 'z' };
    const [running, queued] = [attemptOf(job, 0, { term: before }), attemptOf(job, 1, { term: before })];
    told('b', holdingsOf([running, 'running'], [queued, 'queued']));
    expect(roster.attempts.isActive(job, 'render', 0)).toBe(true);
    expect(roster.attempts.isActive(job, 'render', 1)).toBe(false);
    expect(stopped).toMatchObject([{ type: 'stop', attempts: [{ index: 1 }] }]);
  });
});
