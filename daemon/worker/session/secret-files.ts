/** The secrets that a job was trusted with, each in a file that nobody else can read. Tasks and their programs find the folder in `SUPERVM_SECRETS`. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `isAlone`: the sandbox has memory of its own for files; elsewhere they go, like all that is temporary, with the session's folders. */
export function layOutSecrets(secrets: { readonly [name: string]: string }, isAlone: boolean): void {
  if (Object.keys(secrets).length === 0) return;
  const folder = mkdtempSync(join(isAlone ? '/dev/shm' : tmpdir(), 'secrets-'));
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), value, { mode: 0o400 });
  Object.assign(process.env, { SUPERVM_SECRETS: folder });
}
