/** Paths as scenes write them. Blender resolves them without asking the disk, so that `..` never follows a link; so does this. */
import { posix } from 'node:path';

const drive = /^([A-Za-z]):[\\/]/;

/** A path of Windows: `C:\pictures\oak.png`, or `\\server\share\oak.png`. */
export function isOfWindows(written: string): boolean {
  return drive.test(written) || written.startsWith('\\\\');
}

/**
 * Where Blender on Unix looks: `//` begins at the folder of the .blend file; backslashes are slashes; `C:\x` is `/c/x`; others begin at the
 * working folder. So do shares of Windows, whose first two characters stay as they are: in practice they are nowhere.
 */
export function resolveWritten(written: string, blendFolder: string, workFolder: string): string {
  if (written.startsWith('//')) return posix.join(blendFolder, written.slice(2).replaceAll('\\', '/'));
  if (written.startsWith('\\\\')) return posix.join(workFolder, `\\\\${written.slice(2).replaceAll('\\', '/')}`);
  const letter = drive.exec(written)?.[1];
  const path = letter === undefined ? written : `/${letter.toLowerCase()}/${written.slice(3)}`;
  return posix.resolve(workFolder, path.replaceAll('\\', '/'));
}

/** Does the path name the same place wherever the scene lies? */
export function isAbsoluteWritten(written: string): boolean {
  return (written.startsWith('/') && !written.startsWith('//')) || drive.test(written);
}

/** Ends of a path that are looked for elsewhere: nobody moves a picture together with more folders. */
const mostEnds = 8;

/** `C:\film\textures\oak.png` may now be `film/textures/oak.png`, `textures/oak.png` or `oak.png`: the longest first. */
export function endsOf(written: string): readonly string[] {
  const names = written.split(/[\\/]/).filter((name) => name !== '' && name !== '.' && name !== '..');
  const last = names.slice(Math.max(1, names.length - mostEnds));
  return last.map((_, place) => last.slice(place).join('/'));
}

/** The deepest folder that holds all files. */
export function commonFolder(paths: readonly string[]): string {
  let common = posix.dirname(paths[0] ?? '/').split('/');
  for (const path of paths) {
    const folders = posix.dirname(path).split('/');
    const differs = common.findIndex((name, place) => folders[place] !== name);
    if (differs !== -1) common = common.slice(0, differs);
  }
  return common.join('/') || '/';
}

/** `path` below `folder`. */
export function below(folder: string, path: string): string {
  return posix.relative(folder, path);
}
