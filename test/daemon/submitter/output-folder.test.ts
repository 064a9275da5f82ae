import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discardFolder, existingFiles, prepareFolder, refuseExisting, staysBelow } from '../../../daemon/submitter/output-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-out-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the output folder', () => {
  test('is made, as folders usually are, and left empty', async () => {
    const target = join(folder, 'a/b');
    expect(await prepareFolder(target)).toEqual({ created: join(folder, 'a') });
    expect(readdirSync(target)).toEqual([]);
    expect(statSync(target).mode & 0o777).toBe(0o755);
  });

  test('is tried with a file of its own, never through a link that lies there', async () => {
    const precious = join(folder, 'precious');
    writeFileSync(precious, 'mine');
    const target = join(folder, 'out');
    mkdirSync(target);
    symlinkSync(precious, join(target, `.supervm-${process.pid}.probe`));
    await prepareFolder(target);
    expect(readFileSync(precious, 'utf8')).toBe('mine');
  });

  test('that was there is not changed', async () => {
    mkdirSync(join(folder, 'mine'), { mode: 0o750 });
    expect(await prepareFolder(join(folder, 'mine'))).toEqual({ created: undefined });
    expect(statSync(join(folder, 'mine')).mode & 0o777).toBe(0o750);
  });

  test('is made by several submissions at once, each removing no more than its own', async () => {
    const targets = Array.from({ length: 20 }, (_, index) => join(folder, 'all', `job-${index % 10}`));
    const made = await Promise.all(targets.map((target) => prepareFolder(target)));
    expect(made.filter(({ created }) => created === join(folder, 'all'))).toHaveLength(1);
    expect(readdirSync(join(folder, 'all'))).toHaveLength(10);
    expect(readdirSync(join(folder, 'all/job-3'))).toEqual([]);
  });

  test('is made again when another submission into it gives up at the same moment', async () => {
    const target = join(folder, 'shared', 'out');
    const several = async (): Promise<void> => {
      for (let times = 0; times < 100; times += 1) {
        const { created } = await prepareFolder(target);
        if (created !== undefined) await discardFolder(target, created);
      }
    };
    await expect(Promise.all([several(), several(), several()])).resolves.toHaveLength(3);
  });

  test('is removed again with the folders made for it, but nothing that holds something', async () => {
    const target = join(folder, 'a/b/c');
    const { created } = await prepareFolder(target);
    writeFileSync(join(folder, 'a/kept'), '');
    await discardFolder(target, created as string);
    expect(existsSync(join(folder, 'a/b'))).toBe(false);
    expect(existsSync(join(folder, 'a/kept'))).toBe(true);
  });

  test.each([
    ['a file', 'file', /is a file, not a folder/],
    ['below a file', 'file/x', /cannot be written: a part of the path is a file/],
  ])('%s is refused', async (_, path, message) => {
    writeFileSync(join(folder, 'file'), '');
    await expect(prepareFolder(join(folder, path))).rejects.toMatchObject({ code: 'output-unwritable', message: expect.stringMatching(message) });
  });

  test('where nothing can be made is refused by its name', async () => {
    await expect(prepareFolder('/proc/nothing')).rejects.toMatchObject({ code: 'output-unwritable', message: expect.stringContaining('/proc/nothing') });
  });
});

test('existing files are found, in folders below too, in the order asked', async () => {
  mkdirSync(join(folder, 'left'));
  for (const name of ['1.png', '3.png', 'left/1.png']) writeFileSync(join(folder, name), '');
  expect(await existingFiles(folder, ['left/1.png', 'left/2.png', '1.png', '2.png', '3.png', 'right/1.png'])).toEqual(['left/1.png', '1.png', '3.png']);
});

test('a refusal names a few files, counts all and says what to type', () => {
  const error = refuseExisting('/out', ['1', '2', '3', '4', '5'], 9);
  expect(error).toMatchObject({ code: 'output-exists', message: '5 of 9 files exist already in /out: 1, 2, 3 and 2 more.' });
  expect(error.hint).toMatch(/--skip-existing.*--overwrite/);
});

test.each(['frame.png', 'left/frame.png', '..frame', 'a..b/c'])('%s stays below the folder', (path) => {
  expect(staysBelow(path)).toBe(true);
});
test.each(['', '/etc/passwd', '../x', 'a/../../x', 'a//b', './a', 'a\0b'])('%j does not', (path) => {
  expect(staysBelow(path)).toBe(false);
});
