import { encode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf, jobIdOf } from '../../../daemon/records/canonical.ts';
import { canonicalBytes } from '../../../daemon/records/canonical-cbor.ts';
import { jsonCopy } from '../../../daemon/records/json.ts';
import { record, step } from '../../support/fact-arbitraries.ts';

function shuffledKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffledKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, content]) => [key, shuffledKeys(content)] as const)
      .toReversed(),
  );
}

test('the order of keys does not change a digest', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(digestOf(shuffledKeys(value))).toBe(digestOf(value));
    }),
  );
});

test('travelling as JSON does not change a digest', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(digestOf(jsonCopy(value))).toBe(digestOf(value));
    }),
  );
});

test('any difference in a record is another job', () => {
  const first = record([step('draw', 3)]);
  expect(jobIdOf(first)).toMatch(/^[0-9a-f]{64}$/);
  expect(jobIdOf({ ...first })).toBe(jobIdOf(first));
  expect(jobIdOf({ ...first, submittedAt: 1 })).not.toBe(jobIdOf(first));
});

test('the digest of a known value never changes', () => {
  // Written down from RFC 8949: a2 61 61 01 61 62 82 f5 63 78 79 7a, whatever the order of the keys.
  expect(digestOf({ b: [true, 'xyz'], a: 1 })).toBe('18431151424bb7b3d4dd56ddb420d7411f75a25788f2e62e685c05b5e05bf785');
});

test('a value that JSON would change is refused', () => {
  expect(() => digestOf({ a: undefined })).toThrow(TypeError);
});

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 100 }), fc.constantFrom('\ud800', 'a\udfff b', 'é'.repeat(40), 'x'.repeat(300)));
const anyJson = fc.letrec<{ readonly json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    anyText,
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(0, -0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -24, -25, -(2 ** 53) + 1, 2 ** 60),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 30 }),
    fc.dictionary(anyText, tie('json'), { maxKeys: 30 }),
  ),
})).json;

test('the bytes are those of RFC 8949, as another implementation writes them', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      expect(Buffer.from(canonicalBytes(value)).toString('hex')).toBe(Buffer.from(encode(value, rfc8949EncodeOptions)).toString('hex'));
    }),
    { numRuns: 1000 },
  );
});
