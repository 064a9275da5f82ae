/** The user's own job types, as this node runs them and tells the others of them. */
import { lstat, opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SupervmError } from '../src/model/errors.ts';
import type { Program } from '../src/model/inventory.ts';
import type { Digest } from '../src/model/job.ts';
import { ownTypeProgram } from '../src/model/own-job-type.ts';
import {
  brokenBy,
  builtInNames,
  digestOfFiles,
  listOwnJobTypes,
  mostFiles,
  type OwnJobType,
  openOwnJobType,
  typeDigest,
  typeFile,
} from '../src/settings/own-job-types.ts';
import { programFile } from '../src/settings/program-files.ts';

/** Nobody has more; a list in every node's inventory must stay short. */
const mostTypes = 24;

/** What a session loads. Throws `file-missing`, which lets another node try, when the user's own is gone or is not the one that was submitted. */
export function runFileOf(folder: string, type: string, digest: Digest): string {
  if (builtInNames().includes(type)) return programFile(`plugins/${type}/run.ts`);
  let found: OwnJobType;
  let here: Digest;
  try {
    found = openOwnJobType(folder, type);
    here = digestOfFiles(found.folder, found.files);
  } catch (error) {
    throw new SupervmError('file-missing', error instanceof Error ? error.message : String(error));
  }
  if (here !== digest) {
    throw new SupervmError('file-missing', `The job type "${type}" in ${found.folder} has changed since the job was submitted.`);
  }
  return typeFile(found, 'run');
}

interface Seen {
  readonly stamp: string;
  readonly outcome: Program | SupervmError;
}

/**
 * Looks for them; opens one and reads its files only when something about it has changed. `onProblem` hears once of each that cannot be used.
 * Never rejects, whatever state the folders are in.
 */
export function ownTypesWatch(
  folder: string,
  onProblem: (file: string, error: Error) => void,
  read: (type: OwnJobType) => Promise<Digest> = digestSoon,
): () => Promise<readonly Program[]> {
  let seen = new Map<string, Seen>();
  let told = new Map<string, string>();
  const look = async (name: string): Promise<Seen> => {
    const place = join(folder, name);
    let stamp = '';
    try {
      // Before its files are read: what changes meanwhile is seen at the next look.
      const current = await stampOf(folder, place);
      const known = seen.get(name);
      if (known?.stamp === current) return known;
      stamp = current;
      const type = openOwnJobType(folder, name);
      // A file that cannot be read is tried again at every look.
      stamp = '';
      const digest = await read(type);
      // Its version says nothing that the digest does not; reading it would run the manifest.
      return { stamp: current, outcome: ownTypeProgram({ name, digest, version: digest.slice(0, 8), file: typeFile(type, 'run') }) };
    } catch (error) {
      return { stamp, outcome: brokenBy(error, name, place) };
    }
  };
  return async () => {
    const { names, error: unreadable } = listOwnJobTypes(folder);
    const now = new Map<string, Seen>();
    // One after the other: there is no hurry, and the main loop has other things to do.
    for (const name of names) now.set(name, await look(name));
    seen = now;
    const outcomes = [...now].map(([name, { outcome }]) => ({ name, outcome }));
    if (unreadable !== undefined) outcomes.push({ name: '', outcome: unreadable });
    const problems = new Map<string, string>();
    for (const { name, outcome } of outcomes) {
      if (!(outcome instanceof SupervmError)) continue;
      if (told.get(name) !== outcome.message) onProblem(join(folder, name), outcome);
      problems.set(name, outcome.message);
    }
    told = problems;
    return outcomes.flatMap(({ outcome }) => (outcome instanceof SupervmError ? [] : [outcome])).slice(0, mostTypes);
  };
}

async function digestSoon({ folder, files }: OwnJobType): Promise<Digest> {
  const digest = typeDigest(folder);
  for (const file of files.toSorted()) digest.add(file, await readFile(file));
  return digest.end();
}

/** Changes with everything that decides whether a job type can be used and which one it is. Cheap beside reading it. */
async function stampOf(parent: string, place: string): Promise<string> {
  const paths = [parent, place];
  if ((await lstat(place)).isDirectory()) {
    for await (const entry of await opendir(place, { recursive: true })) {
      paths.push(join(entry.parentPath, entry.name));
      // Beyond what a job type may hold: it is refused, and more of it need not be known.
      if (paths.length > 2 * mostFiles) break;
    }
  }
  const lines: string[] = [];
  for (const path of paths.sort()) {
    const { ino, uid, mode, size, mtimeMs, ctimeMs } = await lstat(path);
    // Folders of others come and go below the parent; of it only what makes it trusted counts.
    lines.push(path === parent ? `${uid} ${mode}` : `${path} ${ino} ${uid} ${mode} ${size} ${mtimeMs} ${ctimeMs}`);
  }
  return lines.join('\n');
}
