import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assertPrivateFolder, makePrivateFolder } from '../../../src/settings/private-folder.ts';
import { readUserFile } from '../../../src/settings/user-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the user’s file', () => {
  test('is optional', () => {
    expect(readUserFile(join(folder, 'nothing.json'))).toEqual({});
  });

  test('is a JSON object', () => {
    const file = join(folder, 'config.json');
    writeFileSync(file, '{"name":"studio"}');
    expect(readUserFile(file)).toEqual({ name: 'studio' });
  });

  test.each(['[]', '7', '{', ''])('%j is refused with its name', (text) => {
    const file = join(folder, 'config.json');
    writeFileSync(file, text);
    expect(() => readUserFile(file)).toThrow(expect.objectContaining({ code: 'bad-setting', message: expect.stringContaining(file) }));
  });
});

describe('a private folder', () => {
  test('is made for its user alone, and tightened where it was not', () => {
    const inner = join(folder, 'a/b');
    makePrivateFolder(inner);
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    chmodSync(inner, 0o755);
    makePrivateFolder(inner);
    expect(statSync(inner).mode & 0o777).toBe(0o700);
  });

  test('is never a link that somebody put there', () => {
    mkdirSync(join(folder, 'theirs'));
    symlinkSync(join(folder, 'theirs'), join(folder, 'link'));
    expect(() => assertPrivateFolder(join(folder, 'link'))).toThrow(expect.objectContaining({ code: 'not-allowed' }));
    expect(() => assertPrivateFolder(join(folder, 'nothing'))).not.toThrow();
  });
});
