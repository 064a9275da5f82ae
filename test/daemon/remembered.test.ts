import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rememberNetwork } from '../../daemon/remembered.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-remembered-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was kept is known at the next start, and a damaged file is as good as none', () => {
  const file = join(folder, 'network.json');
  rememberNetwork(file).keep({ port: 7946, book: { friend: ['10.0.0.2:7946'] } });
  expect(rememberNetwork(file).known).toEqual({ port: 7946, incarnation: 0, introducers: [], book: { friend: ['10.0.0.2:7946'] } });
  expect(rememberNetwork(folder).known).toMatchObject({ port: 0, book: {} });
});

test('a disk that takes nothing is told of and ends nobody', () => {
  const file = join(folder, 'absent', 'network.json');
  const problems: unknown[] = [];
  const memory = rememberNetwork(file, (error) => problems.push(error));
  memory.keep({ port: 7946 });
  expect(memory.known.port).toBe(7946);
  expect(problems).toMatchObject([{ code: 'ENOENT' }]);
  expect(() => rememberNetwork(file).keep({ port: 7946 })).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
