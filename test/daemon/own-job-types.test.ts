import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownTypesWatch, runFileOf } from '../../daemon/own-job-types.ts';
import { whereTypeIs } from '../../src/model/own-job-type.ts';
import { lackOf } from '../../src/model/resources.ts';
import { digestOfFiles, openOwnJobType } from '../../src/settings/own-job-types.ts';
import { programFile } from '../../src/settings/program-files.ts';
import { installJobType } from '../support/install-job-type.ts';
import { inventoryOf } from '../support/inventories.ts';

let home: string;
let types: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-types-'));
  types = join(home, 'job-types');
  folder = installJobType(home, 'naps');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const digest = (): string => {
  const type = openOwnJobType(types, 'naps');
  return digestOfFiles(type.folder, type.files);
};

test('a node tells which of the types it has, in which version, and follows every change', async () => {
  const look = ownTypesWatch(types, () => undefined);
  const before = await look();
  expect(before).toEqual([{ name: 'job-type:naps', version: digest().slice(0, 8), path: join(folder, 'run.ts'), features: [digest()] }]);
  writeFileSync(join(folder, 'words.txt'), 'new', { mode: 0o644 });
  expect((await look())[0]?.features).toEqual([digest()]);
  expect((await look())[0]?.features).not.toEqual(before[0]?.features);
  rmSync(folder, { recursive: true });
  expect(await look()).toEqual([]);
});

test('a broken type is told once and hides no other', async () => {
  const problems: string[] = [];
  const look = ownTypesWatch(types, (file) => problems.push(file));
  mkdirSync(join(types, 'broken'), { mode: 0o755 });
  await look();
  expect((await look()).map(({ name }) => name)).toEqual(['job-type:naps']);
  expect(problems).toEqual([join(types, 'broken')]);
});

test('what is unchanged is not read again, whole or broken', async () => {
  const reads: string[] = [];
  const look = ownTypesWatch(
    types,
    () => undefined,
    async ({ name }) => {
      reads.push(name);
      return 'd'.repeat(64);
    },
  );
  await look();
  await look();
  expect(reads).toEqual(['naps']);
  chmodSync(join(folder, 'run.ts'), 0o666);
  expect(await look()).toEqual([]);
  chmodSync(join(folder, 'run.ts'), 0o644);
  expect((await look()).map(({ name }) => name)).toEqual(['job-type:naps']);
  expect(reads).toEqual(['naps', 'naps']);
});

test('a file that vanishes or cannot be read while the type is looked at breaks that type alone, until it can', async () => {
  installJobType(home, 'naps', 'rests');
  const problems: string[] = [];
  let gone = true;
  const look = ownTypesWatch(
    types,
    (_, error) => problems.push(error.message),
    async ({ name }) => {
      if (name === 'naps' && gone) throw new Error('ENOENT: no such file or directory');
      return 'd'.repeat(64);
    },
  );
  expect((await look()).map(({ name }) => name)).toEqual(['job-type:rests']);
  expect(problems).toEqual([`The job type "naps" cannot be used: ${folder}: ENOENT: no such file or directory.`]);
  gone = false;
  expect(await look()).toHaveLength(2);
});

test('a file of mode 000 breaks its type and nothing else', async () => {
  installJobType(home, 'naps', 'rests');
  chmodSync(join(folder, 'plan.ts'), 0o000);
  const problems: string[] = [];
  expect((await ownTypesWatch(types, (file) => problems.push(file))()).map(({ name }) => name)).toEqual(['job-type:rests']);
  expect(problems).toEqual([folder]);
});

test('a file in place of the folder holds no job types, which is told once', async () => {
  rmSync(types, { recursive: true });
  writeFileSync(types, 'a note');
  const problems: string[] = [];
  const look = ownTypesWatch(types, (_, error) => problems.push(error.message));
  expect([await look(), await look()]).toEqual([[], []]);
  expect(problems).toEqual([expect.stringContaining(`cannot be read: ${types}: ENOTDIR`)]);
});

test('a session gets the code that was submitted or none', () => {
  const submitted = digest();
  expect(runFileOf(types, 'naps', submitted)).toBe(join(folder, 'run.ts'));
  expect(runFileOf(types, 'render', 'any')).toBe(programFile('plugins/render/run.ts'));
  writeFileSync(join(folder, 'run.ts'), 'export const open = 1;\n', { mode: 0o644 });
  expect(() => runFileOf(types, 'naps', submitted)).toThrow('has changed since the job was submitted');
  rmSync(folder, { recursive: true });
  expect(() => runFileOf(types, 'naps', submitted)).toThrow('naps');
});

test('what a node lacks is said in words', async () => {
  const step = { name: 's', needs: [], parameters: [], requirements: { cores: 1, memoryBytes: 0, programs: [] }, maxAttempts: 1, script: {} };
  const { requirements } = whereTypeIs(step, { name: 'naps', digest: digest() });
  const has = (...programs: Awaited<ReturnType<ReturnType<typeof ownTypesWatch>>>) => lackOf(requirements, { ...inventoryOf(), programs });
  expect(has()?.reason).toBe('has no job type naps');
  expect(has(...(await ownTypesWatch(types, () => undefined)()))).toBeUndefined();
  writeFileSync(join(folder, 'words.txt'), 'new', { mode: 0o644 });
  expect(has(...(await ownTypesWatch(types, () => undefined)()))?.reason).toBe('has another version of the job type naps');
});
