import { describe, expect, test } from 'vitest';
import type { Call, Line } from '../history.ts';
import { check } from './check.ts';
import { bounds, cancel, fault, good, ran, rules, settled, submit } from './sample-history.ts';
import { executions, requests } from './shares.ts';

const without = (line: Line) => good.filter((each) => each !== line);

describe('promises in numbers', () => {
  test('tasks executed twice count by tasks, and those of retried jobs do not', () => {
    const history = [...good, ...ran(0, 300, 'again'), ...ran(0, 500, 'once more')];
    expect(executions(history)).toEqual({ executed: 2, executedTwice: 1, startedTwice: 1 });
    expect(executions([...history, { ...cancel, call: 'retry' }]).executed).toBe(0);
  });

  test('one task in a hundred may be executed twice, more may not', () => {
    const many = Array.from({ length: 2000 }, (_, index) => ran(index, 200)).flat();
    const twice = (count: number) => many.slice(0, 2 * count);
    const broken = 'few tasks are executed twice';
    expect(rules([...without(submit), ...many, ...twice(20)])).not.toContain(broken);
    expect(rules([...without(submit), ...many, ...twice(21)])).toContain(broken);
  });

  test('a request that fails or takes too long is broken, however rarely', () => {
    const broken = 'requests succeed within 10.0 s';
    expect(rules([...good, { ...cancel, key: 'z', outcome: 'failed', code: 'no-daemon' }])).toContain(broken);
    expect(rules([...good, { ...submit, ended: 10_200 }])).toContain(broken);
  });

  test('of twenty thousand requests two may fail', () => {
    const many = Array.from({ length: 19_999 }, () => submit);
    const late = { ...submit, ended: 20_000 };
    expect(requests([...many, late], 10_000)).toMatchObject({ inTime: 19_999, refused: 0 });
    expect(rules([...good, ...many, late, late])).not.toContain('requests succeed within 10.0 s');
    expect(rules([...good, ...many, late, late, late])).toContain('requests succeed within 10.0 s');
  });

  test('what the asked machine slept does not count, what others slept does', () => {
    const slow = { ...submit, ended: 15_000 };
    expect(requests([...fault('sleep', 1000, 9000), slow], 10_000).late).toEqual([]);
    expect(requests([...fault('sleep', 1000, 9000, ['n2']), slow], 10_000).late).toHaveLength(1);
  });

  test('on a machine that others keep busy shares and times are not judged, the rest is', () => {
    const load = (perCore: number): Line => ({ type: 'load', at: 1000, perCore });
    const slow = { ...submit, ended: 10_200 };
    expect(rules([...good, slow, load(2), load(3)])).toEqual(['requests succeed within 10.0 s']);
    expect(rules([...good, slow, load(3), load(12)])).toEqual([]);
    expect(rules([...good, load(12), { ...submit, job: 'second' }])).toContain('one key is one job');
  });

  test('a true refusal is an answer', () => {
    const refused = (code: string): Call => ({ ...submit, outcome: 'failed', code });
    expect(requests([...fault('full-disk', 0, 120), refused('disk-full')], 10_000)).toMatchObject({ refused: 1, late: [] });
    expect(requests([refused('disk-full')], 10_000).late).toHaveLength(1);
    expect(requests([submit, { ...cancel, outcome: 'failed', code: 'wrong-phase' }], 10_000)).toMatchObject({ refused: 1, late: [] });
    expect(requests([submit, { ...cancel, at: 12_000, ended: 12_010, outcome: 'failed', code: 'job-not-found' }], 10_000).late).toHaveLength(1);
  });

  test('a run that does not settle, or late, is broken', () => {
    const rule = 'after the last fault everything settles';
    expect(rules(without(settled))).toContain(rule);
    expect(rules([...without(settled), { ...settled, at: 30_000 + bounds.settleMs + 1 } as Line])).toContain(rule);
    expect(rules([...without(settled), { type: 'settled', at: 31_000, missing: ['n1 sees 2 of 3 nodes'] }])).toContain(rule);
  });

  test('where nothing goes wrong no task may run twice', () => {
    const calm = { ...bounds, executedTwice: 0 };
    const many = Array.from({ length: 500 }, (_, index) => ran(index, 200)).flat();
    expect(check([...without(submit), ...many, ...many.slice(0, 4)], calm).map(({ rule }) => rule)).toContain('few tasks are executed twice');
  });
});
