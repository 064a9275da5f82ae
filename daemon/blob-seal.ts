/** What the blobs of a machine are encrypted with: a key of their own among the machine's encrypted keys, made when they first are. */
import { SupervmError } from '../src/model/errors.ts';
import type { Paths } from '../src/settings/paths.ts';
import type { BlobSeal } from './blobs/sealed-chunks.ts';
import type { Randomness } from './clock.ts';
import type { OpenedKeys } from './keys/home-keys.ts';

const header = 'supervm-blobs-key-1';
const keyBytes = 32;

/** Undefined where nothing is, or ever was, encrypted. Throws `usage` for a damaged key. */
export function openBlobSeal({ blobsKey }: Pick<Paths, 'blobsKey'>, { files, encrypted }: OpenedKeys, randomness: Randomness): BlobSeal | undefined {
  const text = files.read(blobsKey);
  if (text !== undefined) return { key: parse(text, blobsKey), writes: encrypted, randomness };
  if (!encrypted) return undefined;
  const key = Buffer.from(randomness.hex(keyBytes), 'hex');
  files.write(blobsKey, `${header} ${key.toString('base64url')}\n`);
  return { key, writes: true, randomness };
}

function parse(text: string, file: string): Uint8Array {
  const [word, encoded = '', ...rest] = text.trim().split(' ');
  const key = Buffer.from(encoded, 'base64url');
  if (word === header && rest.length === 0 && key.length === keyBytes) return key;
  const hint = 'Restore it from a backup, or delete it: files of jobs that are encrypted with it then come again from the other machines.';
  throw new SupervmError('usage', `the key of the blobs of this machine, ${file}, is damaged`, hint);
}
