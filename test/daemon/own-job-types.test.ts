import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

test('a node tells which of the types it has, in which version, and follows every change', () => {
  const look = ownTypesWatch(types, () => undefined);
  const before = look();
  expect(before).toEqual([{ name: 'job-type:naps', version: digest().slice(0, 8), path: join(folder, 'run.ts'), features: [digest()] }]);
  writeFileSync(join(folder, 'words.txt'), 'new', { mode: 0o644 });
  expect(look()[0]?.features).toEqual([digest()]);
  expect(look()[0]?.features).not.toEqual(before[0]?.features);
  rmSync(folder, { recursive: true });
  expect(look()).toEqual([]);
});

test('a broken type is told once and hides no other', () => {
  const problems: string[] = [];
  const look = ownTypesWatch(types, (file) => problems.push(file));
  mkdirSync(join(types, 'broken'), { mode: 0o755 });
  look();
  expect(look().map(({ name }) => name)).toEqual(['job-type:naps']);
  expect(problems).toEqual([join(types, 'broken')]);
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

test('what a node lacks is said in words', () => {
  const step = { name: 's', needs: [], parameters: [], requirements: { cores: 1, memoryBytes: 0, programs: [] }, maxAttempts: 1, script: {} };
  const { requirements } = whereTypeIs(step, { name: 'naps', digest: digest() });
  const has = (...programs: ReturnType<ReturnType<typeof ownTypesWatch>>) => lackOf(requirements, { ...inventoryOf(), programs });
  expect(has()?.reason).toBe('has no job type naps');
  expect(has(...ownTypesWatch(types, () => undefined)())).toBeUndefined();
  writeFileSync(join(folder, 'words.txt'), 'new', { mode: 0o644 });
  expect(has(...ownTypesWatch(types, () => undefined)())?.reason).toBe('has another version of the job type naps');
});
