/** The rules' form and their judgement over one file; the rules themselves are the tables of architecture.test.ts. */
import type { Power } from './read-imports.ts';
import { type SourceFile, targetOf } from './source-tree.ts';

/** The first ring whose `from` matches a file's path is its ring. Patterns are whole paths; `*` is one name, `**` anything. */
export interface Ring {
  readonly from: string;
  /** Our own modules it may import; its own folder (the part of `from` before `**`, stars filled in) always. */
  readonly may: readonly string[];
  /** Only by `await import()`. */
  readonly mayLater?: readonly string[];
  /** Only by `import type`. */
  readonly mayType?: readonly string[];
  /** Are Node's own modules and npm's allowed at all (the other tables say which where)? */
  readonly outside: boolean;
  readonly why: string;
}

/** A package, builtin or power that has a home. */
export interface Home {
  readonly names: readonly string[];
  readonly in: readonly string[];
  readonly why: string;
}

export interface PowerHome {
  readonly power: Power['power'];
  readonly in: readonly string[];
  readonly why: string;
}

export function matches(pattern: string, path: string): boolean {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((piece) => (piece === '**' ? '.*' : piece === '*' ? '[^/]+' : piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`).test(path);
}

/** The folder that a ring's stars name for this file: `daemon/x/**` and daemon/blobs/x/y.ts give `daemon/blobs/`. */
function ownFolder(ring: Ring, path: string): string | undefined {
  if (!ring.from.endsWith('/**')) return undefined;
  const depth = ring.from.split('/').length - 1;
  return `${path.split('/').slice(0, depth).join('/')}/`;
}

function ringOf(rings: readonly Ring[], path: string): Ring | undefined {
  return rings.find((ring) => matches(ring.from, path));
}

/** Imports that leave the file's ring where they must not. */
export function ringViolations(rings: readonly Ring[], file: SourceFile): readonly string[] {
  const ring = ringOf(rings, file.path);
  if (ring === undefined) return [`${file.path}: belongs to no ring of the table`];
  const own = ownFolder(ring, file.path);
  return file.imports.flatMap(({ specifier, kind, line }) => {
    const target = targetOf(file.path, specifier);
    // A computed import is a plugin or an entry named by program-files.ts: whoever may do that is told by the other tables.
    if ('unknown' in target) return [];
    const allowed = [...ring.may, ...(kind === 'dynamic' ? (ring.mayLater ?? []) : []), ...(kind === 'type' ? (ring.mayType ?? []) : [])];
    const fine =
      'file' in target ? (own !== undefined && target.file.startsWith(own)) || allowed.some((pattern) => matches(pattern, target.file)) : ring.outside;
    return fine ? [] : [`${file.path}:${line}: ${kind} import of ${specifier} (${ring.why})`];
  });
}

/** Packages and builtins used away from home; a package without a home is one too. */
export function homeViolations(homes: readonly Home[], everywhere: readonly string[], file: SourceFile): readonly string[] {
  return file.imports.flatMap(({ specifier, line }) => {
    const target = targetOf(file.path, specifier);
    const name = 'package' in target ? target.package : 'builtin' in target ? target.builtin : undefined;
    if (name === undefined || everywhere.some((pattern) => matches(pattern, file.path))) return [];
    const home = homes.find((candidate) => candidate.names.includes(name));
    if (home === undefined) return 'package' in target ? [`${file.path}:${line}: ${name} has no home in the table`] : [];
    return home.in.some((pattern) => matches(pattern, file.path)) ? [] : [`${file.path}:${line}: import of ${name} (${home.why})`];
  });
}

export function powerViolations(homes: readonly PowerHome[], everywhere: readonly string[], file: SourceFile): readonly string[] {
  if (everywhere.some((pattern) => matches(pattern, file.path))) return [];
  return file.powers.flatMap(({ power, text, line }) => {
    const home = homes.find((candidate) => candidate.power === power && candidate.in.some((pattern) => matches(pattern, file.path)));
    const why = homes.find((candidate) => candidate.power === power)?.why ?? 'nobody may';
    return home === undefined ? [`${file.path}:${line}: ${text} (${why})`] : [];
  });
}
