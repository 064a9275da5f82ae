import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const bootstrap = join(import.meta.dirname, '../../bin/bootstrap');
/** Of the real system; no Blender, no ffmpeg, no Node. */
const tools = ['sh', 'dirname', 'grep', 'find', 'head', 'tr', 'uname', 'touch', 'mkdir', 'cat'];

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'supervm-bootstrap-')));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'tools'));
  cpSync(bootstrap, join(folder, 'bin/bootstrap'));
  writeFileSync(join(folder, 'package-lock.json'), '{\n    "node_modules/one": {},\n    "node_modules/two": {}\n}\n');
  for (const name of tools) symlinkSync(join('/usr/bin', name), join(folder, 'tools', name));
  program('id', 'echo 1000');
  program('apt-get', 'echo "apt-get must not run" >&2; exit 1');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a program of that name on PATH. */
function program(name: string, script: string, place = 'tools'): void {
  const path = join(folder, place, name);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** An npm that lays what the real one would, and counts its runs. */
function npmThatInstalls(): void {
  const bin = join(folder, 'node_modules/.bin');
  program(
    'npm',
    [
      `echo "$*" >> '${folder}/npm-runs'`,
      `mkdir -p '${bin}'`,
      `for tool in vitest tsc; do touch '${bin}/'$tool; done`,
      `printf '#!/bin/sh\\n[ "$1" = --version ] && echo v24.0.0 || echo "ran $*"\\n' > '${bin}/node'`,
      `/bin/chmod +x '${bin}/node'`,
      `touch '${folder}/node_modules/.package-lock.json'`,
    ].join('\n'),
  );
}

function run(...what: string[]) {
  return spawnSync('/bin/sh', [join(folder, 'bin/bootstrap'), ...what], { env: { PATH: join(folder, 'tools'), HOME: folder }, encoding: 'utf8' });
}

test('an unknown word is a usage error', () => {
  expect(run('dance')).toMatchObject({ status: 2, stdout: '' });
});

test('without root it prints the one line that installs what is missing, and installs nothing', () => {
  npmThatInstalls();
  const { status, stderr } = run('demo');
  expect(status).toBe(1);
  const lines = stderr.split('\n').filter((line) => line.includes('apt-get'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends blender ffmpeg bubblewrap/);
  expect(existsSync(join(folder, 'npm-runs'))).toBe(false);
});

test('npm packages are announced with their size, installed once, and again when the lockfile is newer', () => {
  npmThatInstalls();
  const first = run('check', '--some', 'argument');
  expect(first.stderr).toBe('');
  expect(first.stdout).toMatch(/npm packages to install: 2 .* MB/);
  expect(first.stdout).toContain('ran test/run.ts check --some argument');
  expect(run('check').stdout).toBe('ran test/run.ts check\n');
  const later = new Date(Date.now() + 10_000);
  utimesSync(join(folder, 'package-lock.json'), later, later);
  expect(run('sim', '--seed', '1').stdout).toContain('ran test/simulation/main.ts --seed 1');
  expect(readFileSync(join(folder, 'npm-runs'), 'utf8').trim().split('\n')).toHaveLength(2);
});

test('npm is kept from frightening by engines and from running scripts of packages', () => {
  npmThatInstalls();
  run('check');
  expect(readFileSync(join(folder, 'npm-runs'), 'utf8')).toMatch(/^ci .*--ignore-scripts.*--loglevel=error/);
});

test('packages behind a link are used while they are current, and never installed', () => {
  const shared = join(folder, 'other/node_modules');
  mkdirSync(join(folder, 'other'));
  cpSync(join(folder, 'package-lock.json'), join(folder, 'other/package-lock.json'));
  npmThatInstalls();
  run('check');
  renameSync(join(folder, 'node_modules'), shared);
  symlinkSync(shared, join(folder, 'node_modules'));
  const later = new Date(Date.now() + 10_000);
  utimesSync(join(folder, 'package-lock.json'), later, later);
  expect(run('check').stdout).toBe('ran test/run.ts check\n');
  writeFileSync(join(folder, 'package-lock.json'), '{}\n');
  utimesSync(join(folder, 'package-lock.json'), later, later);
  const { status, stdout, stderr } = run('check');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^node_modules is a link.*\n$/);
  expect(readFileSync(join(folder, 'npm-runs'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('an install that fails ends it, with a word of its own', () => {
  program('npm', 'echo "no network" >&2; exit 1');
  const { status, stderr } = run('check');
  expect(status).toBe(1);
  expect(stderr).toContain('npm ci failed');
});

test('a runtime that did not come with the packages is told', () => {
  npmThatInstalls();
  run('check');
  program('node', 'echo v20.20.2', 'node_modules/.bin');
  const { status, stderr } = run('check');
  expect(status).toBe(1);
  expect(stderr).toContain('found: 20.20.2');
});
