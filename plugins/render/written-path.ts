/** Paths as scenes write them. Blender resolves them without asking the disk, so that `..` never follows a link; so does this. */
import { posix } from 'node:path';

/** `//` begins at the folder of the .blend file; backslashes are slashes; `C:\x` is `/c/x`, as Blender on Unix reads it; others begin at the working folder. */
export function resolveWritten(written: string, blendFolder: string, workFolder: string): string {
  if (written.startsWith('//') || written.startsWith('\\\\')) return posix.join(blendFolder, written.slice(2).replaceAll('\\', '/'));
  const drive = /^([A-Za-z]):[\\/]/.exec(written);
  const path = drive === null ? written : `/${(drive[1] as string).toLowerCase()}/${written.slice(3)}`;
  return posix.resolve(workFolder, path.replaceAll('\\', '/'));
}

/** Does the path name the same place wherever the scene lies? */
export function isAbsoluteWritten(written: string): boolean {
  return (written.startsWith('/') && !written.startsWith('//')) || /^[A-Za-z]:[\\/]/.test(written);
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
