import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventText, keepAliveText, readEvents, type ServerEvent } from '../../../src/api/event-stream.ts';

async function read(chunks: readonly Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(
    (async function* () {
      yield* chunks;
    })(),
  ))
    events.push(event);
  return events;
}

test('whatever is written is read, however the bytes are cut', async () => {
  const bodies = fc.array(fc.record({ event: fc.constantFrom('event', 'progress', 'result'), body: fc.jsonValue() }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(bodies, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), async (events, sizes) => {
      const bytes = Buffer.from(events.map(({ event, body }) => eventText(event, body) + keepAliveText).join(''));
      const chunks: Uint8Array[] = [];
      for (let start = 0; start < bytes.length; ) {
        const size = sizes.next().value;
        chunks.push(bytes.subarray(start, start + size));
        start += size;
      }
      expect(await read(chunks)).toEqual(JSON.parse(JSON.stringify(events)));
    }),
    { numRuns: 50 },
  );
});

test('half an event at the end is no event', async () => {
  expect(await read([Buffer.from(`${eventText('event', 1)}event: event\ndata: {"a`)])).toEqual([{ event: 'event', body: 1 }]);
});
