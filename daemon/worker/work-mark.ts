/** A name for this work folder that no other on the machine has, not even the one at the same path in another container. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshName } from './fresh-name.ts';

export const workMarkFile = 'mark';

/** Drawn once, and kept in the folder. */
export async function workMark(folder: string): Promise<string> {
  const path = join(folder, workMarkFile);
  const known = await readFile(path, 'utf8').catch(() => '');
  if (/^[0-9a-f-]{36}$/.test(known)) return known;
  const mark = freshName();
  await writeFile(`${path}.new`, mark, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return mark;
}
