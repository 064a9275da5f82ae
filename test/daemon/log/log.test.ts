import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLog } from '../../../daemon/log/log.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-log-'));
  file = join(folder, 'logs/daemon.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lines(): Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a line is JSON with time, level, concern, message and fields', () => {
  using log = openLog({ file, level: 'info' });
  log.of('network').warn('peer lost', { peer: 'n2' });
  expect(lines()).toEqual([{ level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), pid: process.pid, concern: 'network', peer: 'n2', msg: 'peer lost' }]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('what is below the level is not written', () => {
  using log = openLog({ file, level: 'warn' });
  log.info('quiet');
  log.error('loud', { error: new TypeError('broken') });
  expect(lines()).toMatchObject([{ level: 'error', error: { type: 'TypeError', message: 'broken', stack: expect.any(String) } }]);
});

test('secrets are left out wherever they are', () => {
  using log = openLog({ file, level: 'info' });
  log.info('joined', { secret: 's3cret', settings: { token: 's3cret', name: 'n1' }, clusterKey: 's3cret' });
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('s3cret');
  expect(lines()[0]).toMatchObject({ settings: { token: '[secret]', name: 'n1' } });
});

test('a full file is moved aside and the oldest is dropped', () => {
  using log = openLog({ file, level: 'info', maximumBytes: 400, keep: 2 });
  for (let number = 1; number <= 20; number += 1) log.info('line', { number });
  for (const name of [file, `${file}.1`, `${file}.2`]) expect(statSync(name).size).toBeLessThanOrEqual(400);
  expect(existsSync(`${file}.3`)).toBe(false);
  expect(lines().at(-1)).toMatchObject({ number: 20 });
});

test('a restart goes on in the same file', () => {
  openLog({ file, level: 'info' })[Symbol.dispose]();
  for (const number of [1, 2]) {
    using log = openLog({ file, level: 'info' });
    log.info('start', { number });
  }
  expect(lines()).toHaveLength(2);
});

test.each([
  ['a token', `svm_${'aB-_'.repeat(10)}`],
  ['a code for a session', `svml_${'0f'.repeat(16)}`],
  ['the cookie of a session', `eyJhbGciOiJFZERTQSJ9.${'eyJ4'.repeat(9)}.${'aB-_'.repeat(20)}`],
  ['an invitation', `supervm-invite-2:${'aB-_'.repeat(30)}`],
  ['any other credential', 'Bearer dGhpcyBpcyBhIHNlY3JldA=='],
])('%s is left out of messages, stacks, addresses and whatever is nested', (_, secret) => {
  using log = openLog({ file, level: 'info' });
  const error = new Error(`cannot read "${secret}"`, { cause: new Error(secret) });
  log.error('a route failed', { error, url: `/api/v1/status?x=${secret}&y=1`, deep: { list: [{ text: `so: ${secret}` }] } });
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain(secret.slice(-16));
  expect(text).toContain('[secret]');
  expect(lines()).toHaveLength(1);
});

test('what only looks a little like a secret stays', () => {
  using log = openLog({ file, level: 'info' });
  log.info('joined', { node: 'svm_1', file: '/home/svm_data', step: 'eyJ' });
  expect(lines()).toMatchObject([{ node: 'svm_1', file: '/home/svm_data', step: 'eyJ' }]);
});
