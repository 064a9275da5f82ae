import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachLine } from '../../../plugins/render/bounded-lines.ts';

async function linesOf(pieces: readonly Buffer[], longest: number): Promise<readonly string[]> {
  const lines: string[] = [];
  const stream = Readable.from(pieces, { objectMode: false });
  eachLine(stream, longest, (line) => lines.push(line));
  await new Promise((resolve) => stream.once('end', resolve));
  return lines;
}

test('lines arrive whole, however the bytes are cut', async () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n]/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), async (lines, cut) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const pieces = Array.from({ length: Math.ceil(bytes.length / cut) }, (_, place) => bytes.subarray(place * cut, (place + 1) * cut));
      expect(await linesOf(pieces, 1000)).toEqual(lines);
    }),
  );
});

test('of an endless line the beginning is kept and the rest counted, and the next line is whole', async () => {
  const pieces = [...Array.from({ length: 100 }, () => Buffer.alloc(1000, 'x')), Buffer.from('\nnext\r\nlast')];
  expect(await linesOf(pieces, 50)).toEqual([`${'x'.repeat(50)} [supervm: 99950 characters left out]`, 'next', 'last']);
});
