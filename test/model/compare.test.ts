import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareValues } from '../../src/model/compare.ts';

const json = fc.jsonValue({ maxDepth: 3 });

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, content]) => [key, reversedKeys(content)]),
  );
}

test('the order of keys does not matter', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(compareValues(value, reversedKeys(value))).toBe(0);
    }),
  );
});

test('comparing is antisymmetric and transitive', () => {
  fc.assert(
    fc.property(json, json, json, (a, b, c) => {
      expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) + 0);
      const [x, y, z] = [a, b, c].sort(compareValues);
      expect(compareValues(x, y)).toBeLessThanOrEqual(0);
      expect(compareValues(y, z)).toBeLessThanOrEqual(0);
      expect(compareValues(x, z)).toBeLessThanOrEqual(0);
    }),
  );
});

test('only the same value compares as equal', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      const alike = JSON.stringify(sortKeys(a)) === JSON.stringify(sortKeys(b));
      expect(compareValues(a, b) === 0).toBe(alike);
    }),
  );
});

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { object: sorted.map(([key, content]) => [key, sortKeys(content)]) };
}
