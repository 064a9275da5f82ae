import { expect, test } from 'vitest';
import { Roster } from '../../../daemon/coordinator/roster.ts';
import type { Messenger } from '../../../daemon/wire/messenger.ts';
import type { AttemptName } from '../../../src/model/job.ts';
import type { JobState } from '../../../src/model/job-state.ts';
import { requirementsOf } from '../../support/inventories.ts';
import { attemptOf, firstTerm, recordOf } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

test('the number of an attempt that was lost while an older one went on is not drawn again', () => {
  const journal = new MemoryJournal();
  const job = journal.submit(recordOf());
  const roster = new Roster(
    { term: firstTerm },
    {
      journal,
      messenger: {} as unknown as Messenger,
      clock: new VirtualClock(),
      onceOnly: { holdOf: () => undefined },
      cutOff: { holds: () => false },
    },
  );
  roster.refresh(journal.job(job) as JobState);
  const attempts = [attemptOf(job, 0, { attempt: 1, node: 'a' }), attemptOf(job, 0, { attempt: 2, node: 'b' })] as const;
  const track = (attempt: AttemptName): void =>
    roster.attempts.add({
      attempt,
      requirements: requirementsOf({}),
      onceOnly: false,
      incarnation: 1,
      batch: 1,
      since: 0,
      state: 'running',
      leaseUntil: 0,
      fraction: 0,
      message: '',
    });
  const [older, newer] = attempts;
  track(older);
  track(newer);
  roster.release(newer);
  roster.release(older);
  const queue = roster.board(job)?.queue('render');
  expect(queue?.numberOf(0)).toBe(3);
  expect([...(queue?.candidates() ?? [])].map(({ index }) => index)).toContain(0);
});
