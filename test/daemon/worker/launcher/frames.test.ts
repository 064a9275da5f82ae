import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeFrame, FrameReader } from '../../../../daemon/worker/launcher/frames.ts';

it('frames arrive whole and in order however the bytes are cut', () => {
  const frame = fc.record({ header: fc.record({ type: fc.string(), id: fc.nat() }), bytes: fc.uint8Array({ maxLength: 50 }) });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }), (frames, cuts) => {
      const stream = Buffer.concat(frames.map(({ header, bytes }) => encodeFrame(header, bytes)));
      const reader = new FrameReader();
      const read = [];
      for (let offset = 0, turn = 0; offset < stream.length; turn++) {
        const length = cuts[turn % cuts.length] ?? 1;
        for (const { header, bytes } of reader.read(stream.subarray(offset, offset + length))) read.push({ header, bytes: Uint8Array.from(bytes) });
        offset += length;
      }
      expect(read).toEqual(frames);
    }),
  );
});

it('what cannot be a frame is refused', () => {
  expect(() => new FrameReader().read(Buffer.from('GET / HTTP/1.1'))).toThrow(/a frame of/);
});
