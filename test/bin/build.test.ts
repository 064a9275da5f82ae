import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Metafile {
  readonly outputs: {
    readonly [path: string]: {
      readonly imports: readonly { readonly path: string; readonly kind: string }[];
      readonly inputs: { readonly [path: string]: object };
    };
  };
}

const root = join(import.meta.dirname, '../..');
let folder = '';
let dist = '';
let outputs: Metafile['outputs'] = {};

/** Names in the metafile are relative to where the build ran. */
function outputNamed(name: string): string {
  const path = Object.keys(outputs).find((candidate) => candidate.endsWith(`/dist.new/${name}`));
  if (path === undefined) throw new Error(`the build made no ${name}`);
  return path;
}

/** Every source that a start of `entry` loads; what is imported later does not count. */
function sourcesLoadedBy(entry: string): ReadonlySet<string> {
  const open = [outputNamed(entry)];
  const seen = new Set<string>();
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    open.push(
      ...(outputs[path]?.imports.filter(({ kind }) => kind === 'import-statement').map((found) => found.path) ?? []).filter((found) => found in outputs),
    );
  }
  return new Set([...seen].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {})));
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'supervm-build-')));
  dist = join(folder, 'dist');
  // As in an installed package: beside dist/ there is package.json, and nothing else that code may need.
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  const built = spawnSync(process.execPath, ['bin/build.ts', dist], { cwd: root, encoding: 'utf8' });
  expect(built.stderr).toBe('');
  outputs = (JSON.parse(readFileSync(join(dist, 'metafile.json'), 'utf8')) as Metafile).outputs;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the command line loads neither libp2p nor fastify nor the daemon', () => {
  const heavy = [...sourcesLoadedBy('cli.cjs')].filter((path) => /libp2p|fastify|pino|systeminformation|multicast-dns|^daemon\//.test(path));
  expect(heavy).toEqual([]);
});

test('nothing imports a whole module of Node’s: reading all that node:http exports loads fetch', () => {
  const whole = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ kind, path }) => kind === 'import-statement' && path.startsWith('node:')));
  expect(whole).toEqual([]);
});

test('the daemon carries libp2p with it', () => {
  expect([...sourcesLoadedBy('daemon.js')].some((path) => path.includes('node_modules/libp2p/'))).toBe(true);
});

test('the session and the plugins share one class of task faults', () => {
  const carriers = Object.entries(outputs).filter(([, output]) => 'src/plugin/job-type.ts' in output.inputs);
  expect(carriers).toHaveLength(1);
});

test('the build runs without node_modules', () => {
  const help = spawnSync(process.execPath, [join(dist, 'cli.cjs'), '--help'], { cwd: folder, encoding: 'utf8', env: { PATH: '/usr/bin:/bin', HOME: folder } });
  expect(help.stderr).toBe('');
  expect(help.stdout).toContain('render');
  expect(help.status).toBe(0);
});

test('what a plugin brings besides code lies where its code looks for it', () => {
  const brought = readdirSync(join(root, 'plugins'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py'));
  expect(brought).not.toEqual([]);
  expect(brought.filter((name) => !existsSync(join(dist, 'plugins', name)))).toEqual([]);
});
