/** Job types by name: the folders below plugins/ that have a manifest. Their code is loaded when it is first needed. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';
import { nearest } from '../../src/model/nearest.ts';
import type { FindInputs, MakePlan } from '../../src/plugin/job-type.ts';
import type { Manifest } from '../../src/plugin/manifest.ts';
import { pluginsFolder, programFile } from '../../src/settings/program-files.ts';

export interface JobType {
  readonly manifest: Manifest;
  readonly inputs: FindInputs;
  readonly plan: MakePlan;
  /** Of all files of the plugin's folder. */
  readonly digest: Digest;
}

export type LoadJobType = (name: string) => Promise<JobType>;

const nameShape = /^[a-z][a-z0-9-]{0,63}$/;

/** Throws `unknown-job-type`. Each type is loaded once. */
export function jobTypeLoader(): LoadJobType {
  const loaded = new Map<string, Promise<JobType>>();
  return async (name) => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const names = await jobTypeNames();
    if (!nameShape.test(name) || !names.includes(name)) throw unknownJobType(name, names);
    const loading = load(name);
    loaded.set(name, loading);
    loading.catch(() => loaded.delete(name));
    return loading;
  };
}

async function jobTypeNames(): Promise<readonly string[]> {
  const entries = await readdir(pluginsFolder(), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && nameShape.test(entry.name)).map((entry) => entry.name);
}

function unknownJobType(name: string, names: readonly string[]): SupervmError {
  const close = nearest(name, names);
  return new SupervmError(
    'unknown-job-type',
    `No job type is called "${name}".`,
    close === undefined ? `Known: ${names.join(', ')}` : `Did you mean "${close}"?`,
  );
}

async function load(name: string): Promise<JobType> {
  const [{ manifest }, { inputs }, { plan }, digest] = await Promise.all([
    import(programFile(`plugins/${name}/manifest.ts`)) as Promise<{ readonly manifest: Manifest }>,
    import(programFile(`plugins/${name}/inputs.ts`)) as Promise<{ readonly inputs: FindInputs }>,
    import(programFile(`plugins/${name}/plan.ts`)) as Promise<{ readonly plan: MakePlan }>,
    digestOf(join(pluginsFolder(), name)),
  ]);
  return { manifest, inputs, plan, digest };
}

async function digestOf(folder: string): Promise<Digest> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const bytes = await readFile(file);
    hash.update(`${file.slice(folder.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
