import { expect, test } from 'vitest';
import { countStreams } from '../../../daemon/network/stream-counts.ts';

const stream = (protocol: string, direction: 'inbound' | 'outbound' = 'inbound') => ({ protocol, direction });

test('one stream each way for each protocol and connection is none too many', () => {
  const connection = { streams: [stream('/a'), stream('/a', 'outbound'), stream('/b')] };
  expect(countStreams([connection, connection])).toEqual({ streams: 6, repeatedStreams: 0 });
});

test('a second stream of a protocol the same way is one too many', () => {
  expect(countStreams([{ streams: [stream('/a'), stream('/a'), stream('/b')] }, { streams: [stream('/a')] }])).toEqual({ streams: 4, repeatedStreams: 1 });
});
