/** Paths inside a tree or an outputs folder: relative, `/`-separated, climbing nowhere. */

/** Longest path in bytes: what Linux takes, less room for the folder it is written below. */
const longestPath = 3072;
const longestName = 255;

/** Says what is wrong with the path; undefined when it can name a file below any folder. */
export function pathDefect(path: string): string | undefined {
  if (path === '') return 'has no name';
  if (path.includes('\0')) return 'has a zero byte in its name';
  if (!path.isWellFormed()) return 'has a name that is not valid Unicode';
  if (path.startsWith('/')) return 'has an absolute path';
  if (bytesOf(path) > longestPath) return 'has a path that is too long';
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..') return `has the part "${name}" in its path`;
    if (bytesOf(name) > longestName) return 'has a name that is too long';
  }
  return undefined;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
