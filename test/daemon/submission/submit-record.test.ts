import { beforeEach, expect, test } from 'vitest';
import type { Blobs } from '../../../daemon/blobs/blobs.ts';
import { digestOf, jobIdOf } from '../../../daemon/records/canonical.ts';
import { submitRecord } from '../../../daemon/submission/submit-record.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { recordOf } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const record = recordOf();
const inputs = [{ digest: digestOf('scene'), size: 100 }];
let journal: MemoryJournal;
let membership: FixedMembership;
let refusing: Set<string>;
let silent: Set<string>;
let copied: string[];

beforeEach(() => {
  journal = new MemoryJournal();
  membership = new FixedMembership('a', ['a', 'b', 'c', 'd']);
  refusing = new Set();
  silent = new Set();
  copied = [];
});

async function submit(changes: Partial<Parameters<typeof submitRecord>[0]> = {}, others: Partial<Parameters<typeof submitRecord>[1]> = {}) {
  const clock = new VirtualClock();
  const blobs = {
    replicate: async (_blobs: unknown, node: string) => {
      if (silent.has(node)) await new Promise(() => undefined);
      if (refusing.has(node)) throw new Error(`${node} has no room`);
      copied.push(node);
    },
  } as unknown as Blobs;
  const submission = submitRecord({ record, inputs, ...changes }, { membership, journal, blobs, clock, jobIdOf, ...others });
  // Whoever has the bytes is waited for a moment.
  await Promise.race([submission.catch(() => undefined), clock.advance(4_000)]);
  return submission;
}

test('the bytes are on three machines before the job is known', async () => {
  const known: (readonly string[])[] = [];
  journal.onFact(() => known.push([...copied]));
  expect(await submit()).toMatchObject({ id: jobIdOf(record), wanted: 3, existed: false });
  expect(known).toEqual([['b', 'c']]);
});

test('the machines of standbys are first to get the bytes, because the facts come to them at once', async () => {
  refusing.add('c');
  await submit({}, { isStandby: (node) => node === 'c' || node === 'd' });
  expect(copied).toEqual(['d', 'b']);
});

test('a key that was used on another machine a moment ago is known', async () => {
  journal.refresh = async () => {
    journal.submit(record);
  };
  expect(await submit()).toMatchObject({ existed: true });
  expect(journal.appended).toEqual([]);
});

test('a machine that cannot take them is passed over, and one that hosts two nodes counts once', async () => {
  refusing.add('b');
  membership.change('c', { host: 'host-a' });
  await submit();
  expect(copied).toEqual(['d']);
});

test('machines that had the bytes long before the others are asked for them again before the job is known', async () => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const blobs = {
    replicate: async (_blobs: unknown, node: string) => {
      const isFirst = !asked.includes(node);
      asked.push(node);
      if (node === 'c' && isFirst) await new Promise<void>((resolve) => void clock.after(90_000, resolve));
    },
  } as unknown as Blobs;
  const before: (readonly string[])[] = [];
  journal.onFact(() => before.push([...asked]));
  const submission = submitRecord({ record, inputs }, { membership, journal, blobs, clock, jobIdOf });
  await clock.advance(100_000);
  expect(await submission).toMatchObject({ wanted: 3 });
  expect(before).toEqual([['b', 'c', 'b', 'c']]);
});

test('a machine that is cut off while it copies is not waited for', async () => {
  silent.add('b');
  const submission = submit();
  membership.change('b', {}, 'unreachable');
  expect(await submission).toMatchObject({ wanted: 3 });
  expect(copied).toEqual(['c', 'd']);
});

test('a job whose bytes stay on one machine is not acknowledged and not known', async () => {
  for (const node of ['b', 'c', 'd']) refusing.add(node);
  await expect(submit()).rejects.toMatchObject({ code: 'not-acknowledged' });
  expect(journal.jobs().size).toBe(0);
});

test('the same job again is the same job; another one under its key is refused', async () => {
  const first = await submit();
  expect(await submit({ record: { ...record, submittedAt: 99 } })).toMatchObject({ id: first.id, existed: true });
  await expect(submit({ record: { ...record, name: 'other' } })).rejects.toMatchObject({ code: 'key-reused' });
  expect(journal.appended).toHaveLength(1);
});

test('the same job submitted twice at once is one job, though the disk takes its time', async () => {
  journal.before = new Promise((resolve) => setImmediate(resolve));
  const both = await Promise.all([submit(), submit({ record: { ...record, submittedAt: 99 } })]);
  expect(both.map(({ existed }) => existed)).toEqual([false, true]);
  expect(new Set(both.map(({ id }) => id)).size).toBe(1);
  expect(journal.appended).toHaveLength(1);
});

test('whoever asks for fewer copies waits for fewer', async () => {
  expect(await submit({ copies: 2 })).toMatchObject({ wanted: 2 });
  expect(copied).toEqual(['b']);
});

test('a submission that is called off stores nothing', async () => {
  await expect(submit({ signal: AbortSignal.abort(new Error('called off')) })).rejects.toThrow('called off');
  expect(journal.jobs().size).toBe(0);
});

test('machines that are asked for are waited for until they come', async () => {
  membership.change('d', {}, 'unreachable');
  const clock = new VirtualClock();
  const blobs = { replicate: async (_blobs: unknown, node: string) => void copied.push(node) } as unknown as Blobs;
  const submission = submitRecord({ record, inputs, copies: 4, copiesMs: 60_000 }, { membership, journal, blobs, clock, jobIdOf });
  await clock.advance(20_000);
  expect(journal.jobs().size).toBe(1);
  membership.change('d', {}, 'alive');
  await clock.advance(1_000);
  expect((await submission).copies.toSorted()).toEqual(['host-a', 'host-b', 'host-c', 'host-d']);
});

test('a job that is asked to be on more machines than there are is taken all the same, and says how many', async () => {
  for (const node of ['c', 'd']) membership.change(node, {}, 'unreachable');
  expect(await submit({ copies: 3, copiesMs: 1_000 })).toMatchObject({ copies: ['host-a', 'host-b'], wanted: 3 });
});
