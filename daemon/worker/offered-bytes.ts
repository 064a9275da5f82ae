/** Are the files of a result that nobody has answered for still there? A disk may have lost them, or the owner of the machine removed them. */
import type { OutputFile } from '../../src/model/job.ts';
import type { BlobDisk, Blobs } from './task-needs.ts';

export interface OfferedBytes {
  /** True when a file is neither whole here nor with anybody within reach. Never rejects: what cannot be said now is asked again. */
  areLost(outputs: readonly OutputFile[]): Promise<boolean>;
}

/** What is damaged here counts as gone, and is fetched again where somebody has a copy already. */
export function offeredBytes({ blobs, disk }: { readonly blobs: Pick<Blobs, 'fetch'>; readonly disk: Pick<BlobDisk, 'read'> }): OfferedBytes {
  return {
    async areLost(outputs) {
      try {
        const gone: OutputFile[] = [];
        // Whoever reads a blob, if nothing of it, learns whether it is sound.
        for (const output of outputs) if ((await disk.read(output.digest, 0, 0)) === undefined) gone.push(output);
        await blobs.fetch(gone, []);
        return false;
      } catch (error) {
        return error instanceof Error && 'code' in error && (error.code === 'file-missing' || error.code === 'EIO');
      }
    },
  };
}
