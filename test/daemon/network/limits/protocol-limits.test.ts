import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { protocolLimits } from '../../../../daemon/network/limits/protocol-limits.ts';
import { maximumFrameBytes } from '../../../../daemon/wire/protocols.ts';

const table = 'protocol-limits.ts';

test('each protocol of the daemon has its limits, and nothing else has', () => {
  const folder = join(import.meta.dirname, '../../../../daemon');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !file.endsWith(table));
  const spoken = files.flatMap((file) => readFileSync(join(folder, file), 'utf8').match(/'\/supervm\/[a-z-]+\/\d+'/g) ?? []);
  expect(Object.keys(protocolLimits).sort()).toEqual([...new Set(spoken.map((quoted) => quoted.slice(1, -1)))].sort());
});

test('the largest frame is never over a limit by itself', () => {
  for (const [protocol, { bytes, messages }] of Object.entries(protocolLimits)) {
    const frame = protocol.includes('hello') || protocol.includes('node-control') ? 16 * 1024 : maximumFrameBytes;
    expect(bytes.burst, protocol).toBeGreaterThanOrEqual(frame);
    expect(messages.burst, protocol).toBeGreaterThanOrEqual(messages.perSecond);
  }
});
