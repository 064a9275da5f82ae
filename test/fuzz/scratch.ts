/** A folder for decoders that read files; gone with the process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const scratchFolder = mkdtempSync(join(tmpdir(), 'svm-fuzz-'));
process.on('exit', () => rmSync(scratchFolder, { recursive: true, force: true }));

/** Its path. */
export function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(scratchFolder, name);
  writeFileSync(path, content);
  return path;
}
