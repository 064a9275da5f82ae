import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOfFiles, findOwnJobTypes, openOwnJobType, typeFile } from '../../../src/settings/own-job-types.ts';
import { installJobType } from '../../support/install-job-type.ts';

let home: string;
let parent: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-types-'));
  folder = installJobType(home, 'naps');
  parent = join(home, 'job-types');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const message = (): string => {
  const [first] = findOwnJobTypes(parent).broken;
  return first === undefined ? '' : `${first.error.code} ${first.error.message}`;
};

test('a folder with the four files is a job type', () => {
  const { types, broken } = findOwnJobTypes(parent);
  expect(broken).toEqual([]);
  expect(types.map(({ name }) => name)).toEqual(['naps']);
  expect(typeFile(openOwnJobType(parent, 'naps'), 'run')).toBe(join(folder, 'run.ts'));
});

test('no folder at all holds no job types', () => {
  expect(findOwnJobTypes(join(home, 'nowhere'))).toEqual({ types: [], broken: [] });
});

test('a file in its place holds none and says so', () => {
  const place = join(home, 'a-file');
  writeFileSync(place, '');
  expect(findOwnJobTypes(place)).toMatchObject({ types: [], broken: [{ error: { code: 'broken-job-type', message: expect.stringContaining(place) } }] });
});

test('a .js file does as well', () => {
  rmSync(join(folder, 'plan.ts'));
  writeFileSync(join(folder, 'plan.js'), 'export const plan = () => ({ name: "", steps: [] });\n', { mode: 0o644 });
  expect(typeFile(openOwnJobType(parent, 'naps'), 'plan')).toBe(join(folder, 'plan.js'));
});

test('the digest changes with any file and is the same wherever the folder is', () => {
  const digest = (): string => {
    const type = openOwnJobType(parent, 'naps');
    return digestOfFiles(type.folder, type.files);
  };
  const before = digest();
  const elsewhere = mkdtempSync(join(tmpdir(), 'svm-types-'));
  installJobType(elsewhere, 'naps');
  const copy = openOwnJobType(join(elsewhere, 'job-types'), 'naps');
  expect(digestOfFiles(copy.folder, copy.files)).toBe(before);
  rmSync(elsewhere, { recursive: true });
  writeFileSync(join(folder, 'words.txt'), 'new', { mode: 0o644 });
  expect(digest()).not.toBe(before);
});

describe('what cannot be used is named with the file and the cause, and leaves the others alone', () => {
  beforeEach(() => {
    installJobType(home, 'naps');
  });

  test('a required file that is missing', () => {
    rmSync(join(folder, 'run.ts'));
    expect(message()).toBe(`broken-job-type The job type "naps" cannot be used: ${join(folder, 'run.ts')}: it is missing (or the same as .js).`);
  });

  test('a file that others may write to', () => {
    chmodSync(join(folder, 'plan.ts'), 0o666);
    expect(message()).toContain(`${join(folder, 'plan.ts')}: others may write to it`);
  });

  test('a folder around it that others may write to', () => {
    chmodSync(parent, 0o777);
    expect(message()).toContain(`${parent}: others may write to it`);
  });

  test('a link, which could lead anywhere', () => {
    symlinkSync('/etc/hostname', join(folder, 'words.txt'));
    expect(message()).toContain(`${join(folder, 'words.txt')}: it is not a file`);
  });

  test('a name of a built-in job type', () => {
    symlinkSync(folder, join(parent, 'render'));
    expect(message()).toContain('"render" is built in, and the built-in one is used');
    expect(findOwnJobTypes(parent).types.map(({ name }) => name)).toEqual(['naps']);
  });

  test('a name that can be no command', () => {
    symlinkSync(folder, join(parent, 'No Name'));
    expect(message()).toContain('not made of lower-case letters');
  });
});
