import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { decodeTree, encodeTree } from '../../../daemon/blobs/tree.ts';
import { jobIdOf } from '../../../daemon/records/canonical.ts';
import { inputsUnpacker } from '../../../daemon/submitter/archive/unpack-inputs.ts';
import type { JobType } from '../../../daemon/submitter/job-types.ts';
import type { RecordSubmitter } from '../../../daemon/submitter/needs.ts';
import type { PathFence, Submission } from '../../../daemon/submitter/submission.ts';
import { JobSubmitter } from '../../../daemon/submitter/submit-job.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { JobRecord } from '../../../src/model/job.ts';
import type { Finding, Plan } from '../../../src/plugin/job-type.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { inventoryOf } from '../../support/inventories.ts';
import { stepWith } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

let folder: string;
let journal: MemoryJournal;
let membership: FixedMembership;
let records: JobRecord[];
let findings: Finding[];
let blobs: BlobFolder;
/** Called when the search for programs is waited for. */
let found: () => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svm-submit-'));
  mkdirSync(join(folder, 'scene'));
  writeFileSync(join(folder, 'scene/cube.blend'), 'scene');
  writeFileSync(join(folder, 'scene/tool.sh'), 'tool', { mode: 0o755 });
  journal = new MemoryJournal();
  membership = new FixedMembership('a', ['a']);
  records = [];
  findings = [];
  found = () => undefined;
  blobs = new BlobFolder({ folder: join(folder, 'blobs') });
  await blobs.start();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plan: Plan = { name: 'cube', notes: ['three tasks, as the scene says.'], steps: [stepWith(3)], outputs: ['1.png', '2.png', '3.png'] };

function submitter(): JobSubmitter {
  const jobType: JobType = {
    manifest: {
      name: 'render',
      version: '1',
      summary: '',
      description: '',
      arguments: [{ key: 'sceneFile', type: 'path', summary: 'the scene', required: true, packed: true }],
      settings: [{ key: 'frames', type: 'frames', summary: '' }],
      examples: [],
    },
    inputs: async ({ sceneFile }) => ({
      files: [
        { source: String(sceneFile), path: 'scene/cube.blend' },
        { source: join(folder, 'scene/tool.sh'), path: 'scene/tool.sh' },
      ],
      summary: {},
      findings,
    }),
    plan: () => plan,
    digest: 'd'.repeat(64),
  };
  const put: RecordSubmitter['submit'] = async ({ record, onCopied }) => {
    onCopied(1, 1);
    records.push(record);
    return { id: journal.submit(record), copies: ['host-a'], wanted: 1 };
  };
  const stored = new Map<string, Uint8Array>();
  trees = stored;
  return new JobSubmitter(
    { owner: 'daemon' },
    {
      clock: new VirtualClock(),
      randomness: { fraction: () => 0, hex: () => 'drawn' },
      membership,
      journal,
      records: { submit: put },
      blobFiles: blobs,
      blobs: {
        put: async (bytes) => {
          stored.set('tree', bytes);
          return { digest: 'e'.repeat(64), size: bytes.length };
        },
      },
      encodeTree,
      loadJobType: async () => jobType,
      unpackInputs: inputsUnpacker({ folder: join(folder, 'unpacked') }),
      programsKnown: async () => found(),
      assertSecrets: (names) => {
        if (names.length > 0) throw new SupervmError('secret-not-found', names.join(' '));
      },
      assertRoom: async (bytes) => {
        if (bytes > room) throw new SupervmError('disk-full', 'no room');
      },
    },
  );
}
/** Bytes that fit the disk. */
let room = Number.POSITIVE_INFINITY;
let trees: Map<string, Uint8Array>;

function submit(changes: Partial<Submission> = {}, signal = new AbortController().signal) {
  return submitter().submit({ type: 'render', settings: { sceneFile: 'scene/cube.blend' }, folder, ...changes }, () => undefined, signal);
}

describe('a submission', () => {
  test('stores its inputs, plans its tasks and names what it became', async () => {
    const receipt = await submit({ outputFolder: 'out', owner: 'ann' });
    const [record] = records as [JobRecord];
    expect(receipt).toEqual({
      id: jobIdOf(record),
      name: 'cube',
      tasks: 3,
      skipped: 0,
      outputFolder: join(folder, 'out'),
      inputs: { files: 2, bytes: 9 },
      copies: ['host-a'],
      wanted: 1,
      warnings: [],
      notes: ['three tasks, as the scene says.'],
    });
    expect(record).toMatchObject({
      owner: 'ann',
      key: 'drawn',
      type: 'render',
      submitter: 'a',
      outputFolder: join(folder, 'out'),
      settings: { sceneFile: join(folder, 'scene/cube.blend') },
    });
    const tree = decodeTree(trees.get('tree') as Uint8Array);
    expect(tree.map(({ path, size, mode }) => ({ path, size, mode }))).toEqual([
      { path: 'scene/cube.blend', size: 5, mode: 0o644 },
      { path: 'scene/tool.sh', size: 4, mode: 0o755 },
    ]);
    for (const { digest } of tree) expect(await blobs.has(digest)).toBe(true);
  });

  test('without an output folder makes one beside the caller', async () => {
    expect((await submit()).outputFolder).toBe(join(folder, 'cube-frames'));
  });

  test('that no node could run is taken, with the reason', async () => {
    membership.change('a', { inventory: inventoryOf({ programs: [] }) });
    expect((await submit()).warnings).toMatchObject([{ code: 'program-missing' }]);
    expect(records).toHaveLength(1);
  });

  test('is not said to wait for a program that a node, just started, finds in a moment', async () => {
    membership.change('a', { inventory: inventoryOf({ programs: [] }) });
    found = () => membership.change('a', { inventory: inventoryOf({}) });
    expect((await submit()).warnings).toEqual([]);
  });

  test('under a known key is the same job, though its files exist by now', async () => {
    const first = await submit({ key: 'k', outputFolder: 'out' });
    writeFileSync(join(folder, 'out/1.png'), 'frame');
    expect((await submit({ key: 'k', outputFolder: 'out' })).id).toBe(first.id);
  });
});

describe('a refused submission leaves nothing behind', () => {
  async function refused(code: string, changes: Partial<Submission>, message: RegExp): Promise<void> {
    const before = readdirSync(folder).toSorted();
    await expect(submit(changes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(readdirSync(folder).toSorted()).toEqual(before);
    expect(records).toEqual([]);
  }

  test('for a setting that cannot be', () => refused('bad-frames', { settings: { sceneFile: 'scene/cube.blend', frames: '9-1' } }, /--frames/));
  test('for an unknown setting', () => refused('bad-setting', { settings: { sceneFile: 'scene/cube.blend', frame: '1' } }, /"frame"/));
  test('for an input that is missing', () => refused('file-missing', { settings: { sceneFile: 'scene/lost.blend' } }, /lost\.blend does not exist/));
  test('for an output folder that is a file', () => refused('output-unwritable', { outputFolder: 'scene/cube.blend' }, /is a file/));

  test('for findings of the job type, all of which it names', async () => {
    const finding = (name: string): Finding => ({ severity: 'error', code: 'scene-incomplete', message: `${name} is missing.`, hint: 'Use --allow-missing.' });
    findings = [finding('a.png'), finding('b.png')];
    await refused('scene-incomplete', {}, /a\.png is missing\.\nb\.png is missing\./);
  });
});

describe('files that exist', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'out'));
    for (const name of ['1.png', '3.png']) writeFileSync(join(folder, 'out', name), 'mine');
  });

  test('are refused', async () => {
    await expect(submit({ outputFolder: 'out' })).rejects.toMatchObject({ code: 'output-exists', message: expect.stringContaining('2 of 3 files') });
  });

  test('are left out where asked', async () => {
    expect(await submit({ outputFolder: 'out', existing: 'skip' })).toMatchObject({ tasks: 1, skipped: 2 });
    expect(records[0]?.steps[0]?.parameters).toEqual([{ name: 'frame', type: 'INT', ranges: [{ first: 2, last: 2, step: 1 }] }]);
  });

  test('are made anew where asked', async () => {
    expect(await submit({ outputFolder: 'out', existing: 'overwrite' })).toMatchObject({ tasks: 3, skipped: 0 });
  });

  test('leave nothing to do when all are there', async () => {
    writeFileSync(join(folder, 'out/2.png'), 'mine');
    expect(await submit({ outputFolder: 'out', existing: 'skip' })).toMatchObject({ id: undefined, tasks: 0, skipped: 3 });
    expect(records).toEqual([]);
  });
});

test('warnings of the job type are passed on', async () => {
  findings = [{ severity: 'warning', code: 'scene-incomplete', message: 'a font is missing.', hint: '' }];
  expect((await submit()).warnings).toEqual([{ code: 'scene-incomplete', message: 'a font is missing.', hint: '' }]);
});

test('a caller who leaves before the record is stored leaves no job', async () => {
  const leave = new AbortController();
  leave.abort(new SupervmError('timed-out', 'gone'));
  await expect(submit({}, leave.signal)).rejects.toThrow('gone');
  expect(records).toEqual([]);
  expect(existsSync(join(folder, 'cube-frames'))).toBe(false);
});

test('a job whose inputs would fill the disk is refused before anything is stored', async () => {
  room = 3;
  await expect(submit()).rejects.toMatchObject({ code: 'disk-full' });
  room = Number.POSITIVE_INFINITY;
  expect(records).toEqual([]);
  expect(existsSync(join(folder, 'cube-frames'))).toBe(false);
});

describe('a submission by somebody who may not name every file', () => {
  /** Folders that may be used. */
  const fenceOf = (...folders: readonly string[]): PathFence => ({
    allows: async (path) => folders.some((allowed) => `${path}/`.startsWith(`${join(folder, allowed)}/`)),
    refusal: (path) => new SupervmError('not-allowed', path),
  });
  const submitWithin = (fence: PathFence, changes: Partial<Submission> = {}) =>
    submitter().submit(
      { type: 'render', settings: { sceneFile: 'scene/cube.blend' }, folder, outputFolder: 'out', ...changes },
      () => undefined,
      new AbortController().signal,
      fence,
    );
  const keptOut = async (submission: Promise<unknown>, path: string) => {
    await expect(submission).rejects.toMatchObject({ code: 'not-allowed', message: join(folder, path) });
    expect(records).toEqual([]);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  };

  test('is taken where it stays in the folders that are allowed', async () => {
    await submitWithin(fenceOf('scene', 'out'));
    expect(records).toHaveLength(1);
  });

  test('is refused for a setting that names another file, alike whether that is there or not', async () => {
    await keptOut(submitWithin(fenceOf('out')), 'scene/cube.blend');
    await keptOut(submitWithin(fenceOf('out'), { settings: { sceneFile: 'scene/lost.blend' } }), 'scene/lost.blend');
  });

  test('is refused for a file that the job type found by itself', () => keptOut(submitWithin(fenceOf('scene/cube.blend', 'out')), 'scene/tool.sh'));

  test('is refused for results in another folder, the usual one too', async () => {
    await keptOut(submitWithin(fenceOf('scene')), 'out');
    await keptOut(submitWithin(fenceOf('scene'), { outputFolder: undefined }), 'cube-frames');
  });
});
