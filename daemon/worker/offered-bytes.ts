/** Are the files of a result that nobody has answered for still there? A disk may have lost them, or the owner of the machine removed them. */
import type { OutputFile } from '../../src/model/job.ts';
import type { BlobDisk, BlobSearch, Blobs } from './task-needs.ts';

export interface OfferedBytes {
  /**
   * `missing`: just now a file is neither whole here nor could be had from anybody within reach. That may be a slow peer, or a transfer that
   * broke: only who finds it so again and again may take it for lost. Never rejects: what cannot be said now counts as there.
   */
  look(outputs: readonly OutputFile[]): Promise<'there' | 'missing'>;
}

export interface OfferedBytesNeeds {
  readonly blobs: Pick<Blobs, 'fetch'> & BlobSearch;
  readonly disk: Pick<BlobDisk, 'read'>;
}

/** Faults with which the bytes may be gone; any other is of the moment, or of somebody who has them. */
const goneCodes: readonly unknown[] = ['file-missing', 'EIO'];

/** What is damaged here, or cannot be read, counts as gone, and is fetched again where somebody has a copy already. */
export function offeredBytes({ blobs, disk }: OfferedBytesNeeds): OfferedBytes {
  /** Whoever reads a blob, if nothing of it, learns whether it is sound. */
  const faultOf = async ({ digest }: OutputFile): Promise<unknown> => {
    try {
      return (await disk.read(digest, 0, 0)) === undefined ? 'file-missing' : undefined;
    } catch (error) {
      return codeOf(error);
    }
  };
  const withFault = async (outputs: readonly OutputFile[], isMeant: (fault: unknown) => boolean): Promise<readonly OutputFile[]> => {
    const found: OutputFile[] = [];
    for (const output of outputs) if (isMeant(await faultOf(output))) found.push(output);
    return found;
  };
  return {
    async look(outputs) {
      try {
        const unread = await withFault(outputs, (fault) => fault !== undefined);
        await blobs.fetch(unread, []);
        const gone = await withFault(unread, (fault) => goneCodes.includes(fault));
        if (gone.length === 0) return 'there';
        // The disk takes it for held, so that it was not fetched: then this machine is one of the holders.
        const { held } = await blobs.locate(gone.map(({ digest }) => digest));
        return gone.every(({ digest }) => (held.get(digest)?.length ?? 0) > 1) ? 'there' : 'missing';
      } catch (error) {
        return goneCodes.includes(codeOf(error)) ? 'missing' : 'there';
      }
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : 'unknown';
}
