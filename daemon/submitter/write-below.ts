/** Writes a result below the output folder, never through a link there: what put it in the way may be a task. */
import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';
import { errnoOf, writeFault } from './disk-errors.ts';
import type { BlobFiles } from './needs.ts';
import { makeFolders } from './output-folder.ts';

const fileMode = 0o644;
const folderMode = 0o755;

/** `path` relative, without `..`. Durable when resolved. Rejects `output-unwritable` (also where a part of the path is a link), `disk-full`, `file-missing`. */
export async function writeBelow(files: Pick<BlobFiles, 'writeFile'>, digest: Digest, folder: string, path: string): Promise<void> {
  const target = join(folder, path);
  const names = path.split('/');
  const last = names.pop() ?? '';
  try {
    await makeFolders(folder);
    // The folder itself is the user's choice, link or not.
    let held = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      let place = folder;
      for (const name of names) {
        const inner = await enter(held, place, name);
        await held.close();
        held = inner;
        place = join(place, name);
      }
      await writeIn(files, digest, held, place, last);
    } finally {
      await held.close();
    }
  } catch (error) {
    throw writeFault(error, target);
  }
}

/** The folder `name` in the held one, made where it is missing. */
async function enter(held: FileHandle, place: string, name: string): Promise<FileHandle> {
  const path = pathIn(held, place, name);
  const isNew = await mkdir(path).then(
    () => true,
    (error: unknown) => {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    },
  );
  if (isNew) {
    await chmod(path, folderMode);
    await held.sync();
  }
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    if (!['ELOOP', 'ENOTDIR'].includes(errnoOf(cause) ?? '')) throw cause;
    const at = join(place, name);
    throw new SupervmError(
      'output-unwritable',
      `${at} is a link or a file, and results are only written into real folders.`,
      `Put a folder there instead of ${at}.`,
      { cause },
    );
  });
}

async function writeIn(files: Pick<BlobFiles, 'writeFile'>, digest: Digest, held: FileHandle, place: string, name: string): Promise<void> {
  const path = pathIn(held, place, name);
  try {
    await files.writeFile(digest, path, fileMode);
  } catch (error) {
    // People know the folder by its name.
    const named = (text: string): string => text.replaceAll(path, join(place, name));
    throw error instanceof SupervmError ? new SupervmError(error.code, named(error.message), named(error.hint), { cause: error }) : error;
  }
}

/** A path to what lies in exactly that folder. Only Linux has such paths; elsewhere it goes by the folder's name. */
function pathIn(held: FileHandle, place: string, name: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${held.fd}/${name}` : join(place, name);
}
