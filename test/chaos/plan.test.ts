import { expect, test } from 'vitest';
import { faultKinds } from './faults/kinds.ts';
import { standard } from './faults/profile.ts';
import { drawPlan } from './plan.ts';

const options = { seed: 7, nodes: 5, minutes: 10, profile: standard };

test('a seed draws the same plan each time, and another seed another one', () => {
  expect(drawPlan(options)).toEqual(drawPlan(options));
  expect(drawPlan({ ...options, seed: 8 }).faults).not.toEqual(drawPlan(options).faults);
});

test('all kinds of faults strike within an hour, and at most one disk is lost', () => {
  const { faults } = drawPlan({ ...options, minutes: 60 });
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  expect(faults.filter(({ kind }) => kind === 'wipe')).toHaveLength(1);
});

test('faults of one lane do not overlap and all end before the healing', () => {
  const { faults, healAt } = drawPlan({ ...options, minutes: 60 });
  for (const lane of ['processes', 'network', 'machines']) {
    const own = faults.filter(({ kind }) => standard.shapes[kind].lane === lane);
    for (const [index, { from }] of own.entries()) expect(from).toBeGreaterThan(own[index - 1]?.until ?? 0);
  }
  expect(Math.max(...faults.map(({ until }) => until))).toBeLessThanOrEqual(healAt);
});

test('a partition leaves somebody on both sides', () => {
  const { faults, nodes } = drawPlan({ ...options, minutes: 60 });
  for (const fault of faults.filter(({ kind }) => kind === 'partition')) {
    expect(fault.nodes.length).toBeGreaterThan(0);
    expect(fault.nodes.length).toBeLessThan(nodes.length);
  }
});

test('users cancel, retry, pause, resume, remove and repeat, only after they submitted', () => {
  const { calls } = drawPlan({ ...options, minutes: 30 });
  expect(new Set(calls.map(({ call }) => call))).toEqual(new Set(['submit', 'cancel', 'retry', 'pause', 'resume', 'remove']));
  const first = new Map<string, number>();
  for (const { key, call, at } of calls) {
    if (!first.has(key)) {
      expect(call).toBe('submit');
      first.set(key, at);
    }
  }
});
