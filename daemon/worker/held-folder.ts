/** Folders by descriptor: whoever swaps a folder for a link meanwhile leads nobody astray. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** Rejects for a link and for whatever is no folder. */
export function holdFolder(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

/** A path to what lies in exactly that folder. Only Linux has such paths; elsewhere it goes by the folder's name. */
export function pathIn(folder: FileHandle, path: string, name = ''): string {
  return process.platform === 'linux' ? `/proc/self/fd/${folder.fd}/${name}` : join(path, name);
}
