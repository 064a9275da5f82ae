import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completeLockfile, missingOptionalPackages } from '../../bin/complete-lockfile.ts';

const text = readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8');

test('the lockfile names every optional package, so that npm ci takes it on any platform', () => {
  expect(missingOptionalPackages(JSON.parse(text)).map(([name]) => name)).toEqual([]);
});

test('the lockfile ties nobody to one registry', () => {
  expect(text).not.toContain('"resolved"');
});

test('a package that npm left out is added with its platform and its parent’s version', () => {
  const lockfile = { packages: { 'node_modules/tool': { version: '1.2.3', dev: true, optionalDependencies: { '@tool/cli-linux-arm64-musl': '1.2.3' } } } };
  const completed = completeLockfile(lockfile);
  expect(missingOptionalPackages(lockfile)).toHaveLength(1);
  expect(missingOptionalPackages(completed)).toEqual([]);
  expect(completed.packages['node_modules/@tool/cli-linux-arm64-musl']).toEqual({
    version: '1.2.3',
    dev: true,
    optional: true,
    os: ['linux'],
    cpu: ['arm64'],
    libc: ['musl'],
  });
});

test('what cannot be told from the name is refused', () => {
  const lockfile = { packages: { 'node_modules/tool': { optionalDependencies: { 'tool-fast': '1.2.3' } } } };
  expect(() => completeLockfile(lockfile)).toThrow('which platform');
});
