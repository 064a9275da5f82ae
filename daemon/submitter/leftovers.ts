/** What a daemon that was killed in the middle of a delivery left half-written in a user's folder. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** `frame.png.supervm-PID-N`: blobs/blob-folder.ts writes under such names. */
const temporary = /\.supervm-(\d+)-\d+$/;

/** Removes them, except those of processes that live: another daemon may be writing there. Call before anything is written there. Never rejects. */
export async function removeLeftovers(folders: Iterable<string>, self: number): Promise<void> {
  for (const folder of folders) {
    for (const name of await readdir(folder).catch(() => [])) {
      const writer = Number(temporary.exec(name)?.[1] ?? self);
      if (writer !== self && !existsSync(`/proc/${writer}`)) await rm(join(folder, name), { force: true }).catch(() => undefined);
    }
  }
}
