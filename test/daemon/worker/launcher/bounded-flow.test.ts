import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BoundedFlow } from '../../../../daemon/worker/launcher/bounded-flow.ts';

const mebibyte = 1024 * 1024;
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what a process prints at full speed is read at a bounded rate, all of it and in order', async () => {
  const stream = new PassThrough({ highWaterMark: 1024 * mebibyte });
  let read = 0;
  let last = -1;
  let isOrdered = true;
  new BoundedFlow().read(stream, (bytes) => {
    read += bytes.length;
    isOrdered &&= (bytes[0] as number) === last + 1;
    last = bytes[0] as number;
  });
  for (let piece = 0; piece < 64; piece += 1) stream.write(Buffer.alloc(mebibyte / 4, piece));
  for (let look = 0; look < 5; look += 1) await turn();
  expect(read).toBe(4 * mebibyte);
  vi.advanceTimersByTime(64);
  for (let look = 0; look < 5; look += 1) await turn();
  expect(read).toBe(5 * mebibyte);
  for (let rest = 0; rest < 30; rest += 1) {
    vi.advanceTimersByTime(64);
    await turn();
  }
  expect(read).toBe(16 * mebibyte);
  expect(isOrdered).toBe(true);
});

test('little costs no timer after a while, and another stream of the same process shares the allowance', async () => {
  const [one, other] = [new PassThrough({ highWaterMark: 1024 * mebibyte }), new PassThrough({ highWaterMark: 1024 * mebibyte })];
  const flow = new BoundedFlow();
  let read = 0;
  for (const stream of [one, other]) flow.read(stream, (bytes) => (read += bytes.length));
  one.write(Buffer.alloc(4 * mebibyte));
  await turn();
  other.write(Buffer.alloc(mebibyte));
  await turn();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(64 * 8);
  await turn();
  expect(read).toBe(5 * mebibyte);
  expect(vi.getTimerCount()).toBe(0);
});
