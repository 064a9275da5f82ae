/** Paths inside a tree, an archive or an outputs folder: relative, `/`-separated, climbing nowhere, and the same to whoever reads them. */

/** Longest path in bytes: what Linux takes, less room for the folder it is written below. */
const longestPath = 3072;
const longestName = 255;
/** Folders in folders: no project has as many. */
const mostNames = 64;

const encoder = new TextEncoder();

/** Could pass for a line end, move a cursor, or turn the direction of reading so that a name seems to be another. */
const deceptive = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
/** What Windows takes for a device, whatever its extension. */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/** Says what is wrong with the path; undefined when it can name a file below any folder. */
export function pathDefect(path: string): string | undefined {
  if (path === '') return 'has no name';
  if (path.includes('\0')) return 'has a zero byte in its name';
  if (!path.isWellFormed()) return 'has a name that is not valid Unicode';
  if (path.startsWith('/')) return 'has an absolute path';
  if (isLongerThan(longestPath, path)) return 'has a path that is too long';
  if (deceptive.test(path)) return 'has a control character in its name';
  const names = path.split('/');
  if (names.length > mostNames) return `lies in more than ${mostNames - 1} folders`;
  for (const name of names) {
    if (name === '' || name === '.' || name === '..') return `has the part "${name}" in its path`;
    if (isLongerThan(longestName, name)) return 'has a name that is too long';
  }
  return undefined;
}

/** The same for files made by a task or found in an archive: whoever submits, on whatever system, must be able to have them under this very name. */
export function portableDefect(path: string): string | undefined {
  const defect = pathDefect(path);
  if (defect !== undefined) return defect;
  if (path.includes('\ufffd')) return 'has a name that is not valid UTF-8';
  if (/[\\:]/.test(path)) return 'has a name with a backslash or a colon, which another system takes for a part of its path';
  for (const name of path.split('/')) {
    if (device.test(name)) return `has the name of a device, "${name}"`;
    if (/[. ]$/.test(name)) return 'has a name that ends in a dot or a space, which another system leaves out';
  }
  return undefined;
}

/** Equal for paths that some file systems cannot tell apart: they differ in the case of letters, or in how these are composed. */
function foldedPath(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

/** Tells, of files that come one by one, which cannot lie in one folder with those before. */
export class PathCollisions {
  readonly #files = new Map<string, string>();
  readonly #folders = new Set<string>();

  /** Says what is wrong with a further file; undefined when nothing is. */
  add(path: string): string | undefined {
    const folded = foldedPath(path);
    const other = this.#files.get(folded);
    if (other === path) return 'is listed twice';
    if (other !== undefined) return `differs from ${JSON.stringify(other)} only in the case of letters`;
    if (this.#folders.has(folded)) return 'is both a file and a folder';
    for (let end = folded.indexOf('/'); end !== -1; end = folded.indexOf('/', end + 1)) {
      const folder = folded.slice(0, end);
      if (this.#files.has(folder)) return `lies in ${JSON.stringify(this.#files.get(folder))}, which is both a file and a folder`;
      this.#folders.add(folder);
    }
    this.#files.set(folded, path);
    return undefined;
  }

  /** The same for a folder, which may come again, and before or after what lies in it. */
  addFolder(path: string): string | undefined {
    const folded = foldedPath(path);
    for (let end = folded.indexOf('/'); ; end = folded.indexOf('/', end + 1)) {
      const folder = end === -1 ? folded : folded.slice(0, end);
      if (this.#files.has(folder)) return `lies in ${JSON.stringify(this.#files.get(folder))}, which is both a file and a folder`;
      this.#folders.add(folder);
      if (end === -1) return undefined;
    }
  }
}

/** At most three bytes a unit: most paths need not be encoded to be known as short. */
function isLongerThan(bytes: number, text: string): boolean {
  return text.length * 3 > bytes && encoder.encode(text).length > bytes;
}
