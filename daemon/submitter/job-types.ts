/** Job types by name: the folders below plugins/, then the user's own. Their code is loaded when it is first needed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';
import { nearest } from '../../src/model/nearest.ts';
import { whereTypeIs } from '../../src/model/own-job-type.ts';
import { checkManifest } from '../../src/plugin/check-manifest.ts';
import type { FindInputs, MakePlan } from '../../src/plugin/job-type.ts';
import type { Manifest } from '../../src/plugin/manifest.ts';
import {
  brokenType,
  builtInNames,
  digestOfFiles,
  listOwnJobTypes,
  type OwnJobType,
  openOwnJobType,
  type TypeFile,
  typeFile,
} from '../../src/settings/own-job-types.ts';
import { pluginsFolder, programFile } from '../../src/settings/program-files.ts';
import { freshImport } from './fresh-import.ts';

export interface JobType {
  readonly manifest: Manifest;
  readonly inputs: FindInputs;
  readonly plan: MakePlan;
  /** Of all files of the plugin's folder. */
  readonly digest: Digest;
}

export type LoadJobType = (name: string) => Promise<JobType>;

/**
 * Throws `unknown-job-type`, or `broken-job-type` for one of the user's own in `folder` that cannot be used. Built-in types are loaded once, the
 * user's own again when they have changed.
 */
export function jobTypeLoader({ folder }: { readonly folder: string }): LoadJobType {
  const loaded = new Map<string, Promise<JobType>>();
  const once = (key: string, load: () => Promise<JobType>): Promise<JobType> => {
    const known = loaded.get(key);
    if (known !== undefined) return known;
    const loading = load();
    loaded.set(key, loading);
    loading.catch(() => loaded.delete(key));
    return loading;
  };
  return async (name) => {
    const names = builtInNames();
    if (names.includes(name)) return once(name, () => loadBuiltIn(name));
    const { names: own } = listOwnJobTypes(folder);
    if (!own.includes(name)) throw unknownJobType(name, [...names, ...own]);
    const type = openOwnJobType(folder, name);
    const digest = digestOfFiles(type.folder, type.files);
    return once(`${name} ${digest}`, () => loadOwn(type, digest));
  };
}

function unknownJobType(name: string, names: readonly string[]): SupervmError {
  const close = nearest(name, names);
  return new SupervmError(
    'unknown-job-type',
    `No job type is called "${name}".`,
    close === undefined ? `Known: ${names.join(', ')}` : `Did you mean "${close}"?`,
  );
}

async function loadBuiltIn(name: string): Promise<JobType> {
  const [{ manifest }, { inputs }, { plan }] = await Promise.all([
    import(programFile(`plugins/${name}/manifest.ts`)) as Promise<{ readonly manifest: Manifest }>,
    import(programFile(`plugins/${name}/inputs.ts`)) as Promise<{ readonly inputs: FindInputs }>,
    import(programFile(`plugins/${name}/plan.ts`)) as Promise<{ readonly plan: MakePlan }>,
  ]);
  const folder = join(pluginsFolder(), name);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name));
  return { manifest, inputs, plan, digest: digestOfFiles(folder, files) };
}

async function loadOwn(type: OwnJobType, digest: Digest): Promise<JobType> {
  const manifest = await loadPart(type, digest, 'manifest', ({ manifest: written }) => checkManifest(written, type.name));
  const inputs = await loadPart(type, digest, 'inputs', (module) => functionOf(module, 'inputs') as FindInputs);
  const plan = await loadPart(type, digest, 'plan', (module) => functionOf(module, 'plan') as MakePlan);
  return {
    manifest,
    async inputs(settings, limits) {
      try {
        return await inputs(settings, limits);
      } catch (error) {
        // What the disk says of an input file is not the job type's fault.
        if (error instanceof SupervmError || (error instanceof Error && 'code' in error)) throw error;
        throw brokenBy(error, type, 'inputs');
      }
    },
    plan(settings, summary) {
      try {
        const { name, steps, outputs = [], notes = [] } = plan(settings, summary);
        return { name: name ?? type.name, steps: steps.map((step) => whereTypeIs(step, { name: type.name, digest })), outputs, notes };
      } catch (error) {
        throw error instanceof SupervmError ? error : brokenBy(error, type, 'plan');
      }
    },
    digest,
  };
}

/** Whatever is wrong with a user's file is said with the file's name. */
async function loadPart<T>(type: OwnJobType, digest: Digest, part: Exclude<TypeFile, 'detect'>, read: (module: { [name: string]: unknown }) => T): Promise<T> {
  const file = typeFile(type, part);
  try {
    return read((await freshImport(file, digest)) as { [name: string]: unknown });
  } catch (error) {
    throw brokenBy(error, type, part);
  }
}

function brokenBy(error: unknown, type: OwnJobType, part: Exclude<TypeFile, 'detect'>): SupervmError {
  return brokenType(type.name, typeFile(type, part), error instanceof Error ? error.message : String(error), 'Mend the file and submit again.');
}

function functionOf(module: { readonly [name: string]: unknown }, name: string): unknown {
  if (typeof module[name] !== 'function') throw new Error(`it exports no function "${name}"`);
  return module[name];
}
