import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { DeliveredList } from '../../../daemon/submitter/delivered-list.ts';
import { type DeliveredEvent, Delivery } from '../../../daemon/submitter/delivery.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { Fact } from '../../../src/model/facts.ts';
import type { JobId } from '../../../src/model/job.ts';
import { attemptOf, firstTerm, recordOf, someReport } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

let folder: string;
let out: string;
let journal: MemoryJournal;
let clock: VirtualClock;
let blobs: BlobFolder;
let job: JobId;
/** Digests that nobody reachable has right now. */
let lost: Set<string>;
let asked: (readonly string[])[];
const running: Delivery[] = [];

const bytesOf = (index: number): Buffer => Buffer.from(`frame ${index}`);
const digestOf = (index: number): string => createHash('sha256').update(bytesOf(index)).digest('hex');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svm-deliver-'));
  out = join(folder, 'out');
  mkdirSync(out);
  journal = new MemoryJournal();
  clock = new VirtualClock();
  blobs = new BlobFolder({ folder: join(folder, 'blobs') });
  await blobs.start();
  lost = new Set();
  asked = [];
  job = journal.submit(recordOf({ submitter: 'a', outputFolder: out }));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((delivery) => delivery.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function kept(index: number, changes: { readonly path?: string; readonly job?: JobId } = {}): Fact {
  const outputs = [{ path: changes.path ?? `${index}.png`, digest: digestOf(index), size: bytesOf(index).length }];
  const of = changes.job ?? job;
  return {
    type: 'result-kept',
    job: of,
    at: 0,
    attempt: attemptOf(of, index),
    term: firstTerm,
    outputs,
    report: someReport,
    holders: [{ node: 'c', host: 'host-c' }],
  };
}

/** Has the blob, unless it is lost. */
async function fetch(wanted: readonly { readonly digest: string }[], from: readonly string[]): Promise<void> {
  asked.push(from);
  for (const { digest } of wanted) {
    if (lost.has(digest)) throw new SupervmError('file-missing', 'nobody has it');
    const index = [0, 1, 2, 3].find((each) => digestOf(each) === digest) as number;
    const incoming = await blobs.create({ digest, size: bytesOf(index).length });
    await incoming.write(bytesOf(index));
    await incoming.commit();
  }
}

async function start(): Promise<Delivery> {
  const delivered = new DeliveredList({ folder: join(folder, 'deliveries') });
  const delivery = new Delivery({ self: 'a' }, { clock, journal, blobs: { fetch }, blobFiles: blobs, delivered });
  running.push(delivery);
  await delivery.start();
  return delivery;
}

/** The next `count` files. */
function deliveries(delivery: Delivery, count: number): Promise<readonly DeliveredEvent[]> {
  return new Promise((resolve) => {
    const seen: DeliveredEvent[] = [];
    delivery.onDelivered((event) => {
      seen.push(event);
      if (seen.length === count) resolve(seen);
    });
  });
}

function trouble(delivery: Delivery): Promise<void> {
  return new Promise((resolve) => delivery.onProblem(() => resolve()));
}

describe('a kept result', () => {
  test('is written into the output folder while the job runs', async () => {
    const delivery = await start();
    const seen = deliveries(delivery, 2);
    journal.learn(kept(0));
    journal.learn(kept(1));
    expect((await seen).map((event) => event.file).toSorted()).toEqual(['0.png', '1.png']);
    expect(readFileSync(join(out, '1.png'), 'utf8')).toBe('frame 1');
    expect(delivery.state(job)).toEqual({ files: 2, complete: true, problem: undefined });
    expect(asked[0]).toEqual(['c', 'b']);
  });

  test('of a job that was submitted elsewhere, or has no folder, is left alone', async () => {
    const delivery = await start();
    const theirs = journal.submit(recordOf({ submitter: 'b', outputFolder: out, key: 'theirs' }));
    const none = journal.submit(recordOf({ submitter: 'a', outputFolder: '', key: 'none' }));
    for (const other of [theirs, none]) {
      journal.learn(kept(0, { job: other }));
      expect(delivery.state(other)).toBeUndefined();
    }
    expect(asked).toEqual([]);
  });

  test('of before the start is taken up', async () => {
    journal.learn(kept(0));
    const delivery = await start();
    await expect.poll(() => delivery.state(job)?.complete).toBe(true);
    expect(readdirSync(out)).toEqual(['0.png']);
  });

  test('never leaves the output folder, whatever a worker says', async () => {
    const delivery = await start();
    journal.learn(kept(0, { path: '../escaped.png' }));
    expect(delivery.state(job)?.problem).toMatchObject({ code: 'output-invalid' });
    expect(asked).toEqual([]);
    expect(existsSync(join(folder, 'escaped.png'))).toBe(false);
  });
});

describe('after a restart', () => {
  test('what the user has changed or removed meanwhile is not written again', async () => {
    const first = await start();
    const seen = deliveries(first, 2);
    journal.learn(kept(0));
    journal.learn(kept(1));
    await seen;
    await first.stop();
    unlinkSync(join(out, '0.png'));
    writeFileSync(join(out, '1.png'), 'retouched');
    const second = await start();
    const more = deliveries(second, 1);
    journal.learn(kept(2));
    await more;
    expect(readdirSync(out).toSorted()).toEqual(['1.png', '2.png']);
    expect(readFileSync(join(out, '1.png'), 'utf8')).toBe('retouched');
    expect(second.state(job)).toMatchObject({ files: 3, complete: true });
  });

  test('a file written just before a crash is recognised', async () => {
    writeFileSync(join(out, '0.png'), bytesOf(0));
    journal.learn(kept(0));
    const delivery = await start();
    await expect.poll(() => delivery.state(job)?.files).toBe(1);
    expect(asked).toEqual([]);
  });
});

describe('what cannot be delivered', () => {
  test('because nobody has it is tried again, later and later', async () => {
    lost.add(digestOf(0));
    const delivery = await start();
    const problem = trouble(delivery);
    journal.learn(kept(0));
    await problem;
    expect(delivery.state(job)).toMatchObject({ complete: false, problem: { code: 'file-missing' } });
    lost.clear();
    const seen = deliveries(delivery, 1);
    await clock.advance(1000);
    await seen;
    expect(delivery.state(job)).toEqual({ files: 1, complete: true, problem: undefined });
  });

  test('because the folder is gone as a folder is named, and follows once it is mended', async () => {
    rmSync(out, { recursive: true });
    writeFileSync(out, 'a file');
    const delivery = await start();
    const problem = trouble(delivery);
    journal.learn(kept(0));
    await problem;
    expect(delivery.state(job)?.problem?.code).toBe('output-unwritable');
    rmSync(out);
    const seen = deliveries(delivery, 1);
    await clock.advance(1000);
    await seen;
    expect(readdirSync(out)).toEqual(['0.png']);
  });
});

test('a removed job is forgotten', async () => {
  const delivery = await start();
  const seen = deliveries(delivery, 1);
  journal.learn(kept(0));
  await seen;
  journal.learn({ type: 'removed', job, at: 0 });
  await expect.poll(() => existsSync(join(folder, 'deliveries', job))).toBe(false);
  expect(delivery.state(job)).toBeUndefined();
});

describe('a job that has ended', () => {
  const ended: Fact = { type: 'ended', job: '', at: 0, generation: 1, outcome: 'succeeded', term: firstTerm, kept: 2, failed: [] };
  const told = () => journal.appended.flat().filter((fact) => fact.type === 'delivered');

  test('is told to be delivered, once, when its last file is in the folder', async () => {
    const delivery = await start();
    const seen = deliveries(delivery, 2);
    journal.learn(kept(0));
    journal.learn(kept(1));
    await seen;
    expect(told()).toEqual([]);
    journal.learn({ ...ended, job });
    await expect.poll(told).toMatchObject([{ job, generation: 1 }]);
    const again = await start();
    expect(again.state(job)?.complete).toBe(true);
    expect(told()).toHaveLength(1);
  });

  test('is not told to be delivered while a file cannot be had', async () => {
    lost.add(digestOf(0));
    const delivery = await start();
    journal.learn(kept(0));
    journal.learn({ ...ended, job });
    await expect.poll(() => delivery.state(job)?.problem?.code).toBe('file-missing');
    expect(told()).toEqual([]);
  });

  test('is not told to be delivered before all its results are known here', async () => {
    const delivery = await start();
    const first = deliveries(delivery, 1);
    journal.learn({ ...ended, job });
    journal.learn(kept(0));
    await first;
    await clock.advance(2000);
    expect(told()).toEqual([]);
    journal.learn(kept(1));
    await expect.poll(told).toMatchObject([{ job, generation: 1 }]);
  });

  test('is not told to be delivered because what was left of it is lost', async () => {
    lost.add(digestOf(1));
    const delivery = await start();
    const first = deliveries(delivery, 1);
    journal.learn(kept(0));
    await first;
    journal.learn(kept(1));
    journal.learn({ ...ended, job, outcome: 'failed', failed: [] });
    await expect.poll(() => delivery.state(job)?.problem?.code).toBe('file-missing');
    journal.learn({ type: 'result-lost', job, at: 0, attempt: attemptOf(job, 1) });
    // Another event of the job, once its files have been looked at again.
    journal.learn({ ...ended, job, at: 1, outcome: 'failed', failed: [] });
    await clock.advance(60_000);
    expect(delivery.state(job)?.complete).toBe(true);
    expect(told()).toEqual([]);
  });
});

test('a file whose bytes are lost comes from the result that is made anew', async () => {
  lost.add(digestOf(0));
  const delivery = await start();
  journal.learn(kept(0));
  await expect.poll(() => delivery.state(job)?.problem?.code).toBe('file-missing');
  journal.learn({ type: 'result-lost', job, at: 0, attempt: attemptOf(job, 0) });
  const seen = deliveries(delivery, 1);
  const fresh = kept(1, { path: '0.png' }) as Extract<Fact, { type: 'result-kept' }>;
  journal.learn({ ...fresh, attempt: attemptOf(job, 0, { attempt: 2 }) });
  await clock.advance(2000);
  await seen;
  expect(readFileSync(join(out, '0.png'))).toEqual(bytesOf(1));
});

test('what a killed daemon left half-written is removed, what a living one writes is not', async () => {
  const dead = '0.png.supervm-999999999-3';
  const living = `0.png.supervm-${process.ppid}-3`;
  for (const name of [dead, living, 'mine.supervm-x']) writeFileSync(join(out, name), 'half');
  await start();
  await expect.poll(() => readdirSync(out).toSorted()).toEqual([living, 'mine.supervm-x']);
});
