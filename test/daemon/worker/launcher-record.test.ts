import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launcherRecordFile, recordedLauncher, recordLauncher } from '../../../daemon/worker/launcher-record.ts';
import { identify } from '../../../daemon/worker/process-trees.ts';

let home: string;
const recordIn = (name: string): string => join(home, name, launcherRecordFile);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'supervm-record-'));
  mkdirSync(join(home, 'work'));
  recordLauncher(recordIn('work'), process.pid);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('a launcher is known by the record in its own folder, wherever that is moved', () => {
  expect(recordedLauncher(recordIn('work'))).toEqual(identify(process.pid));
  renameSync(join(home, 'work'), join(home, 'moved'));
  expect(recordedLauncher(recordIn('moved'))).toEqual(identify(process.pid));
});

test('the record in a copy of the folder names nobody, until its own launcher is recorded', () => {
  cpSync(join(home, 'work'), join(home, 'copy'), { recursive: true, preserveTimestamps: true });
  expect(recordedLauncher(recordIn('copy'))).toBeUndefined();
  recordLauncher(recordIn('copy'), process.pid);
  expect(recordedLauncher(recordIn('copy'))).toEqual(identify(process.pid));
});

test('a record that does not say its folder is believed', () => {
  const { folder, ...before } = JSON.parse(readFileSync(recordIn('work'), 'utf8'));
  expect(folder).toMatch(/^\d+\/\d+$/);
  writeFileSync(recordIn('work'), JSON.stringify(before));
  expect(recordedLauncher(recordIn('work'))).toEqual(identify(process.pid));
});
