import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBody, encodeBody } from '../../../daemon/wire/codec.ts';

test('every JSON value comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(decodeBody(encodeBody(value)))).toBe(text);
    }),
  );
});

test('raw bytes travel beside the JSON and are a copy', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.dictionary(fc.constantFrom('a', 'b', 'é'), fc.integer()), (bytes, rest) => {
      const encoded = encodeBody({ ...rest, bytes });
      const decoded = decodeBody(encoded);
      encoded.fill(9);
      expect(decoded).toEqual({ ...rest, bytes: new Uint8Array(bytes) });
    }),
  );
});

test('a member named bytes that is not raw is plain JSON', () => {
  expect(decodeBody(encodeBody({ bytes: 12 }))).toEqual({ bytes: 12 });
});

test('undefined members vanish and undefined itself stays', () => {
  expect(decodeBody(encodeBody({ a: undefined, b: [1], c: null }))).toEqual({ b: [1], c: null });
  expect(decodeBody(encodeBody(undefined))).toBeUndefined();
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, { a: [{ b: Number.NaN }] }, { bytes: new Uint8Array(1), a: -Infinity }, 1n, () => 1])(
  'a body that JSON cannot carry is refused (%s)',
  (body) => {
    expect(() => encodeBody(body)).toThrow(TypeError);
  },
);

test('damaged bodies throw and do nothing else', () => {
  expect(() => decodeBody(Uint8Array.of(7, 1, 2))).toThrow();
  expect(() => decodeBody(Uint8Array.of(1, 0, 0))).toThrow();
  expect(() => decodeBody(Uint8Array.of(1, 0, 0, 0, 9, 123, 125))).toThrow();
  expect(() => decodeBody(Uint8Array.of(1, 0, 0, 0, 2, 91, 93))).toThrow();
  expect(() => decodeBody(Uint8Array.of(0, 0xff, 0xfe))).toThrow();
});
