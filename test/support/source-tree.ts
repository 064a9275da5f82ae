/** The project's own modules and the edges between them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Import, type Power, readImports, readPowers } from './read-imports.ts';

export interface SourceFile {
  /** From the root, `/`-separated. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly powers: readonly Power[];
}

/** Where an import leads: a module of ours by path, a package or a builtin by name. */
export type Target = { readonly file: string } | { readonly package: string } | { readonly builtin: string } | { readonly unknown: true };

export function sourceFile(path: string, text: string): SourceFile {
  return { path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), imports: readImports(text), powers: readPowers(text) };
}

export function readSourceTree(root: string, folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|cjs|mjs)$/.test(name))
      .map((name) => posix.join(folder, name))
      .toSorted()
      .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8'))),
  );
}

export function targetOf(from: string, specifier: string | undefined): Target {
  if (specifier === undefined) return { unknown: true };
  if (specifier.startsWith('.')) return { file: posix.join(posix.dirname(from), specifier) };
  if (specifier.startsWith('node:')) return { builtin: specifier };
  return { package: specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/') };
}

/** Every circle once, as the files on it; type-only and dynamic imports count. */
export function findCircles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const edges = new Map(
    files.map((file) => [
      file.path,
      file.imports.flatMap(({ specifier }) => {
        const target = targetOf(file.path, specifier);
        return 'file' in target ? [target.file] : [];
      }),
    ]),
  );
  const circles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];

  function visit(path: string): void {
    const before = trail.indexOf(path);
    if (before >= 0) circles.push(trail.slice(before));
    if (before >= 0 || done.has(path)) return;
    trail.push(path);
    for (const next of edges.get(path) ?? []) visit(next);
    trail.pop();
    done.add(path);
  }

  for (const path of edges.keys()) visit(path);
  return circles;
}

/** What a start of `entry` loads: its modules, packages and builtins, by static imports of values only. */
export function loadedBy(files: readonly SourceFile[], entry: string): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const loaded = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    for (const { specifier, kind } of byPath.get(path)?.imports ?? []) {
      if (kind !== 'static') continue;
      const target = targetOf(path, specifier);
      if ('file' in target) open.push(target.file);
      if ('package' in target) loaded.add(target.package);
      if ('builtin' in target) loaded.add(target.builtin);
    }
  }
  return loaded;
}
