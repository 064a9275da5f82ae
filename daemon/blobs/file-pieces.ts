import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './disk-faults.ts';

/** Small enough that hashing one piece takes well under the 5 ms the daemon's loop may be held up. */
export const pieceBytes = 256 * 1024;

/** The file from its start. The piece is overwritten by the next one. */
export async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(pieceBytes);
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, pieceBytes, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** A renamed or created file is only there after a power cut when its folder was synced too. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/** Makes the folder and those above it that are missing; their names are durable when resolved. `sync`: as `syncFolder`. */
export async function makeDurableFolder(folder: string, sync: (folder: string) => Promise<void>): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncReadable(dirname(made), sync);
}

/** A folder that may be written but not read cannot be synced. */
async function syncReadable(folder: string, sync: (folder: string) => Promise<void>): Promise<void> {
  try {
    await sync(folder);
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
  }
}
