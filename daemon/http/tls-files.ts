/** Certificate and key for HTTP, read and tried before anything listens. */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { SupervmError } from '../../src/model/errors.ts';

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Throws `bad-setting` naming the file and what is wrong with it. */
export function readTlsFiles(files: { readonly cert: string; readonly key: string }): TlsFiles {
  const [cert, key] = [read('--tls-cert', files.cert), read('--tls-key', files.key)];
  if ((statSync(files.key).mode & 0o007) !== 0) {
    throw new SupervmError('bad-setting', `--tls-key: ${files.key} can be used by every user of this machine.`, `Protect it: chmod 600 ${files.key}`);
  }
  try {
    createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  } catch (cause) {
    const hint = 'Both are files in PEM, the certificate with its chain, the key without a passphrase, and they belong together.';
    throw new SupervmError('bad-setting', `--tls-cert and --tls-key cannot be used: ${reasonOf(cause)}.`, hint, { cause });
  }
  return { cert, key };
}

function read(flag: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SupervmError('bad-setting', `${flag}: ${file} cannot be read: ${reasonOf(cause)}.`, '', { cause });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
