import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Mask, masked } from '../../../../daemon/worker/launcher/mask.ts';

/** Cut into pieces of random lengths. */
function pieces(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function run(values: readonly string[], parts: readonly Uint8Array[]): string {
  const mask = new Mask(values);
  return Buffer.concat([...parts.map((part) => Buffer.from(mask.take(part))), Buffer.from(mask.end())]).toString();
}

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 40 });
const value = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 4, maxLength: 8 });

describe('masking', () => {
  test('replaces a value wherever it stands, in one piece or in many', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.nat()), (before, after, cuts) => {
        const text = Buffer.from(`${before}hunter2${after}`);
        expect(run(['hunter2'], pieces(text, cuts))).toBe(`${before}hunter2${after}`.replaceAll('hunter2', '***'));
      }),
    );
  });

  test('leaves no value behind, with line ends in it or without, however it overlaps with what is around it', () => {
    fc.assert(
      fc.property(letters, value, letters, fc.array(fc.nat()), (before, secret, after, cuts) => {
        const shown = run([secret], pieces(Buffer.from(`${before}${secret}${after}`), cuts));
        expect(shown.replace(/[\r\n]/g, '')).not.toContain(secret);
      }),
      { numRuns: 2000 },
    );
  });

  test('does not depend on how what is printed was cut', () => {
    fc.assert(
      fc.property(letters, fc.array(value, { maxLength: 3 }), fc.array(fc.nat()), (text, values, cuts) => {
        expect(run(values, pieces(Buffer.from(text), cuts))).toBe(masked(values, text));
      }),
      { numRuns: 2000 },
    );
  });

  test('changes nothing where there is no value', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.array(fc.nat()), (bytes, cuts) => {
        const text = Buffer.from(bytes);
        const mask = new Mask(['\u0000never here']);
        const shown = Buffer.concat([...pieces(text, cuts).map((part) => Buffer.from(mask.take(part))), Buffer.from(mask.end())]);
        expect(shown.equals(text)).toBe(true);
      }),
    );
  });

  test('finds a value that a line end cuts, the lines of a long one, and the form that JSON gives it', () => {
    expect(masked(['hunter2'], 'x hun\r\nter2 y')).toBe('x *** y');
    const key = '-----BEGIN KEY-----\nMIIBOgIBAAJBAKj34\nGkxFhD90vcNLYLInF\n-----END KEY-----';
    expect(masked([key], `a ${key} b`)).toBe('a *** b');
    expect(masked([key], 'only MIIBOgIBAAJBAKj34 of it')).toBe('only *** of it');
    const odd = 'say "x\\y" to\nme';
    expect(masked([odd], JSON.stringify({ odd }))).toBe('{"odd":"***"}');
  });

  test('keeps back only what may be the beginning of a value', () => {
    const mask = new Mask(['hunter2']);
    expect(Buffer.from(mask.take(Buffer.from('password: hunt'))).toString()).toBe('password: ');
    expect(Buffer.from(mask.take(Buffer.from('ing season'))).toString()).toBe('hunting season');
    expect(Buffer.from(mask.end()).toString()).toBe('');
  });

  test('passes by what is too short to be looked for', () => {
    expect(masked(['abc'], 'abcabc')).toBe('abcabc');
  });

  test('is as quick for values and output made to be slow', () => {
    const secret = `${'a'.repeat(32_000)}b`;
    const text = Buffer.from('a'.repeat(2_000_000));
    expect(run([secret], [text])).toHaveLength(2_000_000);
  });
});
