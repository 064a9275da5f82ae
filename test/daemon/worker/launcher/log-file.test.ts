import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogFile } from '../../../../daemon/worker/launcher/log-file.ts';

const most = 4 * 1024 * 1024;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervm-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(pieces: readonly Buffer[]): Buffer {
  const path = join(folder, 'log');
  const log = new LogFile(path);
  for (const piece of pieces) log.write(piece);
  log.close();
  return readFileSync(path);
}

test.each([most, most + 1, most + 4096])('a log of %d bytes is kept whole', (size) => {
  const bytes = Buffer.alloc(size, 'line\n');
  expect(written([bytes]).equals(bytes)).toBe(true);
});

test('of a longer one the beginning and the end are kept, and how much is missing between them', () => {
  const log = written([Buffer.alloc(most, 'a'), Buffer.alloc(3 * most, 'b'), Buffer.from('last words\n')]);
  expect(log.length).toBeLessThan(most + 8192);
  expect(log.subarray(0, most).equals(Buffer.alloc(most, 'a'))).toBe(true);
  const lacking = 3 * most + 11 - 4096;
  expect(log.toString('utf8', most)).toBe(`\n[supervm: ${lacking} bytes left out, the limit of a log is ${most}; its end:]\n${'b'.repeat(4085)}last words\n`);
});
