/** The user's own job types, as this node runs them and tells the others of them. */
import { statSync } from 'node:fs';
import { SupervmError } from '../src/model/errors.ts';
import type { Program } from '../src/model/inventory.ts';
import type { Digest } from '../src/model/job.ts';
import { ownTypeProgram } from '../src/model/own-job-type.ts';
import { builtInNames, digestOfFiles, findOwnJobTypes, type OwnJobType, openOwnJobType, typeFile } from '../src/settings/own-job-types.ts';
import { programFile } from '../src/settings/program-files.ts';

/** Nobody has more; a list in every node's inventory must stay short. */
const mostTypes = 24;

/** What a session loads. Throws `file-missing`, which lets another node try, when the user's own is gone or is not the one that was submitted. */
export function runFileOf(folder: string, type: string, digest: Digest): string {
  if (builtInNames().includes(type)) return programFile(`plugins/${type}/run.ts`);
  let found: OwnJobType;
  try {
    found = openOwnJobType(folder, type);
  } catch (error) {
    throw new SupervmError('file-missing', error instanceof Error ? error.message : String(error));
  }
  if (digestOfFiles(found.folder, found.files) !== digest) {
    throw new SupervmError('file-missing', `The job type "${type}" in ${found.folder} has changed since the job was submitted.`);
  }
  return typeFile(found, 'run');
}

/** Looks for them; reads their files only when something about them has changed. `onProblem` hears once of each that cannot be used. */
export function ownTypesWatch(folder: string, onProblem: (file: string, error: Error) => void): () => readonly Program[] {
  const digests = new Map<string, { readonly stamp: string; readonly digest: Digest }>();
  const told = new Map<string, string>();
  const digestOf = (type: OwnJobType): Digest => {
    const stamp = type.files.map((file) => stampOf(file)).join();
    const known = digests.get(type.name);
    if (known?.stamp === stamp) return known.digest;
    const digest = digestOfFiles(type.folder, type.files);
    digests.set(type.name, { stamp, digest });
    return digest;
  };
  return () => {
    const { types, broken } = findOwnJobTypes(folder);
    for (const { name, error } of broken) {
      if (told.get(name) !== error.message) onProblem(`${folder}/${name}`, error);
      told.set(name, error.message);
    }
    // Its version says nothing that the digest does not; reading it would run the manifest.
    return types.slice(0, mostTypes).map((type) => {
      const digest = digestOf(type);
      return ownTypeProgram({ name: type.name, digest, version: digest.slice(0, 8), file: typeFile(type, 'run') });
    });
  };
}

function stampOf(file: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(file);
  return `${file} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
