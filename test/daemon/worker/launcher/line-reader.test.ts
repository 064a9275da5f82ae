import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeFrame, FrameReader } from '../../../../daemon/worker/launcher/frames.ts';
import { LineReader } from '../../../../daemon/worker/launcher/line-reader.ts';

it('lines arrive whole and in order however the bytes are cut', () => {
  const line = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n'));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 20 }), (lines, cut) => {
      const stream = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const reader = new LineReader();
      const read: string[] = [];
      for (let offset = 0; offset < stream.length; offset += cut) read.push(...reader.read(Buffer.from(stream.subarray(offset, offset + cut))));
      expect(read).toEqual(lines);
    }),
  );
});

it.each([
  ['of three bytes', Buffer.from('€')],
  ['that are damaged', Buffer.of(0xff)],
])('any line that is taken fits a frame, also one of signs %s', (_, sign) => {
  const longest = Buffer.concat([Buffer.alloc(4 * 1024 * 1024 - sign.length, sign), Buffer.from('\n')]);
  const [line = ''] = new LineReader().read(longest);
  const [frame] = new FrameReader().read(encodeFrame({ type: 'answer', id: 1, runningMs: 1, tail: '\0'.repeat(4096) }, Buffer.from(line)));
  expect(frame?.bytes.length).toBeGreaterThan(longest.length - 10);
});

it('a line beyond all measure is refused, whether it ends or not', () => {
  const piece = Buffer.from('€'.repeat(1024 * 1024));
  const reader = new LineReader();
  reader.read(piece);
  expect(() => reader.read(piece)).toThrow(/beyond all measure/);
  expect(() => new LineReader().read(Buffer.concat([piece, piece, Buffer.from('\n')]))).toThrow(/beyond all measure/);
});
