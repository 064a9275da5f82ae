/** A project folder in the place of a scene: which of its .blend files is meant. */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import { pathDefect } from '../../src/model/relative-path.ts';

const mostFolders = 10_000;
const mostListed = 10;

/** Absolute. `blend` names it below the folder; without it there must be just one. Throws `bad-setting`, `file-missing`. */
export async function sceneIn(folder: string, blend: string | undefined): Promise<string> {
  if (blend !== undefined) {
    const path = blend.replace(/^\.\//, '');
    const defect = pathDefect(path);
    if (defect !== undefined)
      throw new SupervmError('bad-setting', `--blend: ${JSON.stringify(blend)} ${defect}.`, 'Name the file by its path below the project folder.');
    return join(folder, path);
  }
  const found = await scenesIn(folder);
  if (found[0] !== undefined && found.length === 1) return found[0];
  if (found.length === 0) throw new SupervmError('file-missing', `${folder} holds no .blend file.`, 'Name a scene, or the folder that holds it.');
  const listed = found.slice(0, mostListed).map((path) => relative(folder, path));
  const more = found.length > mostListed ? ` and ${found.length - mostListed} more` : '';
  throw new SupervmError('bad-setting', `${folder} holds ${found.length} .blend files: ${listed.join(', ')}${more}.`, `Name one: --blend ${listed[0]}`);
}

async function scenesIn(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const waiting = [folder];
  for (let looked = 0; looked < mostFolders; looked += 1) {
    const inner = waiting.shift();
    if (inner === undefined) break;
    for (const entry of await readdir(inner, { withFileTypes: true })) {
      if (entry.isDirectory() && !entry.name.startsWith('.')) waiting.push(join(inner, entry.name));
      else if (entry.isFile() && /\.blend$/i.test(entry.name)) found.push(join(inner, entry.name));
    }
  }
  return found.toSorted();
}
