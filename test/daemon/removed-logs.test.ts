import { expect, test } from 'vitest';
import { removedLogs } from '../../daemon/removed-logs.ts';
import type { Fact } from '../../src/model/facts.ts';

test('the logs of a removed job go when the word comes, and at the start where the daemon ended before', async () => {
  const forgotten: string[] = [];
  const listeners: ((fact: Fact) => void)[] = [];
  const jobs = new Map([
    ['kept', { removed: false }],
    ['gone', { removed: true }],
  ]);
  const journal = { jobs: () => jobs, onFact: (listener: (fact: Fact) => void) => void listeners.push(listener) };
  const problems: unknown[] = [];
  const forget = async (job: string): Promise<void> => {
    forgotten.push(job);
    if (job === 'gone') throw new Error('EIO');
  };
  await removedLogs({ journal, logs: { forget } }, (error) => problems.push(error)).start();
  expect(forgotten).toEqual(['gone']);
  expect(problems).toEqual([new Error('EIO')]);
  for (const listener of listeners) listener({ type: 'removed', job: 'later', at: 1 });
  expect(forgotten).toEqual(['gone', 'later']);
});
