/**
 * Where the program's own files are: the `.ts` sources in a checkout, the `.js` files of `dist/` once built. Whoever starts a
 * process, a worker thread or a plugin asks here and works both ways. Not for the user's files (those are in paths.ts).
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Set by the build alone (build.mjs, `define`); in a checkout the name does not exist. */
declare const __BUNDLED__: boolean | undefined;

/** Every source file that is run by name, and what the build calls it. */
export const programEntries = {
  'src/main.ts': 'cli.cjs',
  'daemon/main.ts': 'daemon.js',
  'daemon/checks.ts': 'checks.js',
  'daemon/disk-check.ts': 'disk-check.js',
  'daemon/home-keys.ts': 'home-keys.js',
  'daemon/worker/launcher/main.ts': 'launcher.js',
  'daemon/worker/session/main.ts': 'session.js',
  'daemon/records/store-worker.ts': 'store-worker.js',
  'daemon/network/beats/thread-main.ts': 'beat-thread.js',
} as const;

export type ProgramFile = keyof typeof programEntries | `plugins/${string}`;

const bundled = typeof __BUNDLED__ !== 'undefined';

function builtFolder(): string {
  // Shared code lands in chunks, so this module may run from any depth below dist/.
  const here = fileURLToPath(import.meta.url);
  return here.slice(0, here.lastIndexOf('/dist/') + '/dist'.length);
}

/** Absolute root of the package: the folder with package.json, bin/ and node_modules/ (or dist/). */
export function packageFolder(): string {
  return bundled ? dirname(builtFolder()) : join(import.meta.dirname, '..', '..');
}

/** Absolute folder with one folder a plugin: `plugins/`, or `dist/plugins/` once built. */
export function pluginsFolder(): string {
  return join(bundled ? builtFolder() : packageFolder(), 'plugins');
}

/**
 * Absolute path of a file of the program, named by its place in the sources, e.g. `daemon/main.ts` or `plugins/render/run.ts`.
 * Files other than `.ts` (a plugin's Python) keep their names.
 */
export function programFile(source: ProgramFile): string {
  if (!bundled) return join(packageFolder(), source);
  const entry: string | undefined = Object.hasOwn(programEntries, source) ? programEntries[source as keyof typeof programEntries] : undefined;
  return join(builtFolder(), entry ?? source.replace(/\.ts$/, '.js'));
}
