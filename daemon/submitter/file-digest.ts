import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Digest } from '../../src/model/job.ts';

/** sha256 of a file; undefined when it cannot be read. */
export async function digestOfFile(path: string): Promise<Digest | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}
