import { describe, expect, it } from 'vitest';
import { picturesShown } from '../../../plugins/render/sequence-pictures.ts';

const plates = { first: 3, count: 4, offset: 10, isCyclic: false };
const shown = (user: object, first: number, last: number, left = 1000) =>
  [...picturesShown([{ ...plates, ...user }], [{ first, last, step: 1 }], { left })].toSorted((one, other) => one - other);

describe('frames show', () => {
  it.each([
    ['one picture after another, offset', {}, 3, 5, [11, 12, 13]],
    ['the last picture on and on', {}, 6, 20, [14]],
    ['nothing before the first', {}, -5, 2, []],
    ['all of them round and round', { isCyclic: true }, 1, 20, [11, 12, 13, 14]],
    ['the last ones before the first', { isCyclic: true }, 1, 2, [13, 14]],
    ['no picture of a number below zero', { offset: -3 }, 3, 6, [0, 1]],
  ])('%s', (_, user, first, last, numbers) => {
    expect(shown(user, first, last)).toEqual(numbers);
  });

  it('what can be looked at with the work that is allowed', () => {
    const budget = { left: 3 };
    expect([...picturesShown([plates, plates], [{ first: 3, last: 9, step: 1 }], budget)]).toEqual([11, 12, 13]);
    expect(budget.left).toBe(0);
  });
});
