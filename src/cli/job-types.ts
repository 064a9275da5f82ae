/** The manifests of job types: each becomes a command. Read only when a command is not one of ours, or for help. */
import { pathToFileURL } from 'node:url';
import { SupervmError } from '../model/errors.ts';
import { checkManifest } from '../plugin/check-manifest.ts';
import type { Manifest } from '../plugin/manifest.ts';
import { brokenType, builtInNames, listOwnJobTypes, openOwnJobType, typeFile } from '../settings/own-job-types.ts';
import { programFile } from '../settings/program-files.ts';

export interface Manifests {
  readonly manifests: readonly Manifest[];
  /** Why folders of the user's own are no commands. */
  readonly problems: readonly SupervmError[];
}

/** Those that `command` can mean, or all. `own`: the folder of the user's own; `taken`: names that are commands already. */
export async function loadManifests(command: string | undefined, own: string, taken: readonly string[]): Promise<Manifests> {
  const builtIn = builtInNames();
  const { names, error: unreadable } = listOwnJobTypes(own);
  const ownNames = names.toSorted();
  // What is wrong with the other folders does not matter to whoever names one.
  const wanted = command === undefined || ![...builtIn, ...ownNames].includes(command) ? undefined : command;
  const manifests = await Promise.all(builtIn.filter((name) => wanted === undefined || name === wanted).map(loadBuiltIn));
  const problems: SupervmError[] = wanted !== undefined || unreadable === undefined ? [] : [unreadable];
  for (const name of ownNames.filter((each) => wanted === undefined || each === wanted)) {
    try {
      manifests.push(await loadOwn(own, name, taken));
    } catch (error) {
      if (!(error instanceof SupervmError)) throw error;
      problems.push(error);
    }
  }
  return { manifests, problems };
}

async function loadBuiltIn(name: string): Promise<Manifest> {
  const { manifest } = (await import(programFile(`plugins/${name}/manifest.ts`))) as { readonly manifest: Manifest };
  return manifest;
}

async function loadOwn(folder: string, name: string, taken: readonly string[]): Promise<Manifest> {
  const type = openOwnJobType(folder, name);
  if (taken.includes(name)) throw brokenType(name, type.folder, `"${name}" is a command of supervm`, 'Rename the folder, and the name in its manifest.');
  const file = typeFile(type, 'manifest');
  try {
    const { manifest } = (await import(pathToFileURL(file).href)) as { readonly manifest?: unknown };
    return checkManifest(manifest, name);
  } catch (error) {
    throw brokenType(name, file, error instanceof Error ? error.message : String(error), 'Mend the file.');
  }
}
