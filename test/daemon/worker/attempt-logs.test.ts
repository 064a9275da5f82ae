import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AttemptLogs } from '../../../daemon/worker/attempt-logs.ts';
import type { AttemptName } from '../../../src/model/job.ts';
import { LinkedMessengers } from '../blobs/linked-messengers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervm-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const attempt = (index: number, job: string): AttemptName => ({
  term: { number: 1, node: 'here' },
  job: job.repeat(64),
  generation: 1,
  step: 'play',
  index,
  attempt: 1,
  node: 'here',
});

test('the oldest logs go where all of them together take more than may be kept, whatever job they belong to', async () => {
  const messenger = new LinkedMessengers().join('here');
  const logs = new AttemptLogs({ folder, keptBytes: 2500 }, { messenger });
  await logs.start();
  const all = [attempt(1, 'a'), attempt(2, 'b'), attempt(3, 'a'), attempt(4, 'b')];
  for (const [age, name] of all.entries()) {
    const path = await logs.place(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'x'.repeat(1000));
    utimesSync(path, age + 1, age + 1);
  }
  await new AttemptLogs({ folder, keptBytes: 2500 }, { messenger: new LinkedMessengers().join('here') }).start();
  const kept = await Promise.all(all.map(async (name) => (await logs.read(name, 0)) !== undefined));
  expect(kept).toEqual([false, false, true, true]);
});
