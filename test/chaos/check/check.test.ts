import { describe, expect, test } from 'vitest';
import { beatFile } from '../beat-text.ts';
import type { Call, Line } from '../history.ts';
import { check } from './check.ts';
import { bounds, cancel, cancelled, ending, fault, final, finals, good, ran, result, rules, submit, told } from './sample-history.ts';

test('a history in which all went well breaks nothing', () => {
  expect(check(good, bounds)).toEqual([]);
  expect(check(cancelled(), bounds)).toEqual([]);
});

describe('what was acknowledged', () => {
  const survives = 'what was acknowledged with c copies survives the loss of any c-1 machines, and is there once';
  const wiped = (node: string, at = 5000): Line => ({ type: 'node', at, node, happened: 'wiped' });
  const nobodyKnows = [submit, final('n1', { key: 'other', job: 'other' })];

  test('and is known to nobody is lost', () => {
    expect(rules([...nobodyKnows, ...ending])).toContain(survives);
  });

  test('must survive the loss of all machines with copies but one', () => {
    expect(rules([...nobodyKnows, wiped('n1'), wiped('n2'), ...ending])).toContain(survives);
    expect(rules([...nobodyKnows, wiped('n1'), wiped('n2'), wiped('n3'), ...ending])).not.toContain(survives);
  });

  test('is not excused by machines that were lost before, or had no copy', () => {
    expect(rules([...nobodyKnows, wiped('n1', 50), wiped('n2'), wiped('n3'), ...ending])).toContain(survives);
    expect(rules([...nobodyKnows, wiped('n4'), wiped('n5'), wiped('n6'), ...ending])).toContain(survives);
  });

  test('is there once, and under one id', () => {
    expect(rules([...good, ...finals({ job: 'second' })])).toContain(survives);
    expect(rules([...good, { ...submit, job: 'second' }])).toContain('one key is one job');
  });

  test('names two machines at least where more than one lives', () => {
    expect(rules([{ ...submit, copies: ['lab-n1'] }, ...good.slice(1)])).toContain('an acknowledgement names its copies');
    expect(rules([{ ...submit, copies: ['lab-n1'], wanted: 1 }, ...good.slice(1)])).toEqual([]);
  });

  test('and removed does not come back', () => {
    const { phase: _, generation: __, ...answered } = cancel;
    const remove: Call = { ...answered, call: 'remove' };
    expect(rules([submit, ...ran(0, 200), ...ran(1, 210), remove, ...ending])).toEqual([]);
    expect(rules([...good, remove])).toEqual(['a removed job does not come back']);
    expect(rules([...good, { ...remove, outcome: 'failed', code: 'wrong-phase' }])).toEqual([]);
  });

  test('a submission that was refused may be there or not', () => {
    const refused: Call = { ...submit, outcome: 'failed', code: 'disk-full' };
    expect(rules([...fault('full-disk', 50, 200), refused, ...ending])).toEqual([]);
  });
});

describe('results', () => {
  test('of a task that never ran', () => {
    expect(rules([submit, ...ran(0, 200), ...ending, ...finals()])).toEqual(['tasks run at least once']);
  });

  test('missing in a job that succeeded', () => {
    expect(rules([...good, final('n1', { results: [result(0)] })])).toContain('tasks run at least once');
  });

  test('two of one task', () => {
    expect(rules([...good.slice(0, -3), ...finals({ results: [result(0), result(0, 'b'), result(1)] })])).toEqual(['one result a task is kept']);
    expect(rules([...good.slice(0, -3), ...finals({ conflicts: ['beat/0'] })])).toEqual(['no task has two results']);
  });

  test('with other bytes than the task makes', () => {
    const wrong = { ...result(0), outputs: [{ path: beatFile(0), digest: 'f00' }] };
    expect(rules([...good.slice(0, -3), ...finals({ results: [wrong, result(1)] })])).toEqual(['a kept result is what the task makes']);
  });

  test.each([
    ['another attempt', final('n3', { results: [result(0), result(1, 'b')] })],
    ['another phase', final('n3', { phase: 'cancelled' })],
    ['another generation', final('n3', { generation: 2 })],
  ])('told differently: %s', (_, view) => {
    expect(rules([...good.slice(0, -1), view])).toContain('all views agree');
  });

  test('of a job that one node does not know', () => {
    expect(rules([...good, final('n1', { key: 'x', job: 'x', results: [], phase: 'failed' })])).toEqual(['all views agree']);
  });
});

describe('an outcome that was told', () => {
  const stays = 'an outcome that was told never changes';

  test('never becomes another one', () => {
    expect(rules([...good, told('failed', 500, 'n2')])).toContain(stays);
    expect(rules(cancelled(told('succeeded', 400)))).toContain(stays);
  });

  test('becomes a cancel only where the sides were apart', () => {
    const history = [
      submit,
      ...ran(0, 200),
      ...ran(1, 210),
      told('succeeded', 280, 'n1'),
      { ...cancel, at: 290 },
      ...ending,
      ...finals({ phase: 'cancelled' }),
    ];
    expect(rules(history)).toContain(stays);
    expect(rules([...fault('partition', 50, 1000), ...history])).not.toContain(stays);
  });

  test('stays cancelled, unless it was cancelled on a side without a majority', () => {
    const run: Line = { type: 'run', at: 0, seed: 1, profile: 'standard', nodes: ['n1', 'n2', 'n3'], wallTime: '2026-01-01T00:00:00Z' };
    const history = [run, ...cancelled(told('succeeded', 400, 'n2'))];
    expect(rules([...fault('partition', 250, 1000, [cancel.node]), ...history])).not.toContain(stays);
    expect(rules([...fault('partition', 250, 1000, ['n1']), ...history])).toContain(stays);
    expect(rules([...fault('sleep', 250, 1000, [cancel.node]), ...history])).toContain(stays);
  });

  test('is told otherwise by a node that was on a side without a majority, and says so', () => {
    const run: Line = { type: 'run', at: 0, seed: 1, profile: 'standard', nodes: ['n1', 'n2', 'n3'], wallTime: '2026-01-01T00:00:00Z' };
    const alone = fault('partition', 250, 390, ['n1']);
    const otherwise = told('succeeded', 400, 'n1');
    expect(rules([run, ...alone, ...cancelled({ ...otherwise, degraded: true })])).not.toContain(stays);
    expect(rules([run, ...alone, ...cancelled(otherwise)])).toContain(stays);
    expect(rules([run, ...alone, ...cancelled({ ...otherwise, degraded: true, node: 'n3' })])).toContain(stays);
  });

  test('is told otherwise by a node whose coordinator was cut off and had to be replaced, and says so', () => {
    const run: Line = { type: 'run', at: 0, seed: 1, profile: 'standard', nodes: ['n1', 'n2', 'n3'], wallTime: '2026-01-01T00:00:00Z' };
    const alone = fault('partition', 250, 390, ['n1']);
    const seat = (at: number, number: number): Line => ({ type: 'seat', at, node: 'n3', term: { number, node: 'x' }, reached: 2 });
    const otherwise = { ...told('succeeded', 400, 'n3'), degraded: true };
    expect(rules([run, ...alone, seat(100, 1), seat(395, 2), ...cancelled(otherwise)])).not.toContain(stays);
    expect(rules([run, ...alone, seat(100, 1), seat(395, 1), ...cancelled(otherwise)])).toContain(stays);
    expect(rules([run, ...alone, seat(100, 1), seat(395, 2), ...cancelled({ ...otherwise, degraded: false })])).toContain(stays);
    expect(rules([run, seat(100, 1), seat(395, 2), ...cancelled(otherwise)])).toContain(stays);
  });

  test('does not go on again at the same node, unless its disk was lost', () => {
    expect(rules([...good, told('active', 900)])).toContain(stays);
    expect(rules([...good, told('active', 900, 'n2')])).not.toContain(stays);
    expect(rules([...good, { type: 'node', at: 600, node: 'n1', happened: 'wiped' }, told('active', 900)])).not.toContain(stays);
  });
});

describe('a cancelled job', () => {
  const nothing = 'once the sides have met, a cancelled job yields nothing more';

  test('may finish what it has while word spreads', () => {
    expect(rules(cancelled(...ran(1, 5000)))).not.toContain(nothing);
  });

  test('starts nothing later', () => {
    expect(rules(cancelled(...ran(1, 15_000)))).toContain(nothing);
  });

  test('may go on on a side that cannot hear of it, and not when both have met', () => {
    const apart = fault('partition', 200, 20_000);
    expect(rules([...apart, ...cancelled(...ran(1, 15_000))])).not.toContain(nothing);
    expect(rules([...apart, ...cancelled(...ran(1, 31_000))])).toContain(nothing);
  });

  test('keeps no further result', () => {
    expect(rules(cancelled(told('cancelled', 400, 'n1', 1), told('cancelled', 15_000, 'n2', 2)))).toContain(nothing);
    expect(rules(cancelled(told('cancelled', 400, 'n1', 1), told('cancelled', 15_000, 'n2', 1)))).not.toContain(nothing);
  });

  test('may run again when somebody retries it', () => {
    expect(rules(cancelled({ ...cancel, call: 'retry', at: 400, ended: 410, generation: 2, phase: 'active' }, ...ran(1, 15_000)))).not.toContain(nothing);
  });
});

test('a node that follows an older term than before is broken, unless it began anew', () => {
  const seat = (at: number, number: number): Line => ({ type: 'seat', at, node: 'n1', term: { number, node: 'x' }, reached: 3 });
  const rule = 'a node never follows an older term';
  expect(rules([...good, seat(1000, 4), seat(2000, 5)])).toEqual([]);
  expect(rules([...good, seat(1000, 5), seat(2000, 4)])).toEqual([rule]);
  expect(rules([...good, seat(1000, 5), { type: 'node', at: 1500, node: 'n1', happened: 'wiped' }, seat(2000, 4)])).toEqual([]);
});

test('a daemon that does not start again, or ends without a signal, is broken', () => {
  const node = (happened: 'failed' | 'ended', code: string): Line => ({ type: 'node', at: 2000, node: 'n1', happened, code });
  expect(rules([...good, node('ended', 'SIGKILL'), node('ended', '0')])).toEqual([]);
  expect(rules([...good, node('failed', 'no answer')])).toEqual(['a daemon starts again']);
  expect(rules([...good, node('ended', '1')])).toEqual(['a daemon does not end by itself']);
  expect(rules([...fault('full-disk', 1000, 3000), ...good, node('ended', '1')])).toEqual([]);
});
