import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFrameDecoder, encodeFrames, type Frame, frameSize } from '../../../daemon/wire/frame.ts';

const frames = fc.array(
  fc.record({ type: fc.integer({ min: 0, max: 255 }), id: fc.integer({ min: 0, max: 0xffffffff }), body: fc.uint8Array({ maxLength: 300 }) }),
);

const plain = (list: readonly Frame[]) => list.map((frame) => ({ ...frame, body: [...frame.body] }));

test('frames survive any cutting of the stream into chunks', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
      const stream = encodeFrames(sent);
      const decoder = createFrameDecoder();
      const received: Frame[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const end = at + (cuts[turn % cuts.length] ?? 1);
        received.push(...decoder.push(stream.subarray(at, end)));
        at = end;
      }
      expect(plain(received)).toEqual(plain(sent));
    }),
  );
});

test('a frame shares no bytes with the chunk it came in', () => {
  const chunk = encodeFrames([{ type: 1, id: 7, body: Uint8Array.of(1, 2, 3) }]);
  const [frame] = createFrameDecoder().push(chunk);
  chunk.fill(0);
  expect([...(frame?.body ?? [])]).toEqual([1, 2, 3]);
});

test('a frame of exactly the limit passes and one byte more is refused from its header alone', () => {
  const frame = { type: 0, id: 0, body: new Uint8Array(100) };
  expect(createFrameDecoder(frameSize(frame)).push(encodeFrames([frame]))).toHaveLength(1);
  expect(() => createFrameDecoder(frameSize(frame) - 1).push(encodeFrames([frame]).subarray(0, 9))).toThrow(RangeError);
});

test('a length too small for a header is refused', () => {
  expect(() => createFrameDecoder().push(new Uint8Array(9))).toThrow(RangeError);
});

test('bytes of any kind give frames or a RangeError, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (garbage) => {
      try {
        createFrameDecoder(1000).push(garbage);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
