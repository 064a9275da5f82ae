/** Where a job type takes a packed folder in the place of a path: unpacks it into a private folder for as long as the inputs are read. */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SupervmError } from '../../../src/model/errors.ts';
import type { JsonObject } from '../../../src/model/job.ts';
import type { Finding, InputsFound } from '../../../src/plugin/job-type.ts';
import type { Manifest } from '../../../src/plugin/manifest.ts';
import { unpackArchive } from './unpack-archive.ts';

export interface UnpackedInputs extends AsyncDisposable {
  /** With the folder in the place of the archive. */
  readonly settings: JsonObject;
  /** The folder, when there is an archive: nothing outside it may be read for the job. */
  readonly within?: string;
  /** What was found, in words that name the archive instead of a folder that is gone by then. Throws `archive-refused` for files outside it. */
  told(found: InputsFound): InputsFound;
  /** The same for what went wrong. */
  toldError(error: unknown): unknown;
}

export type UnpackInputs = (manifest: Manifest, settings: JsonObject, signal: AbortSignal) => Promise<UnpackedInputs>;

const archiveName = /\.(?:tar|tgz|tzst|tar\.gz|tar\.zst)$/i;

/** `folder` is this daemon's alone; what an earlier one left there goes at the first use. */
export function inputsUnpacker({ folder }: { readonly folder: string }): UnpackInputs {
  let cleaned: Promise<void> | undefined;
  return async (manifest, settings, signal) => {
    const packed = await archiveAmong(manifest, settings);
    if (packed === undefined) return asTheyAre(settings);
    cleaned ??= rm(folder, { recursive: true, force: true }).then(async () => void (await mkdir(folder, { recursive: true, mode: 0o700 })));
    await cleaned;
    const place = await mkdtemp(join(folder, 'archive-'));
    const discard = (): Promise<void> => rm(place, { recursive: true, force: true });
    const within = join(place, basename(packed.path).replace(archiveName, '') || 'project');
    try {
      await unpackArchive(packed.path, within, signal);
    } catch (error) {
      await discard();
      throw error;
    }
    return {
      settings: { ...settings, [packed.key]: within },
      within,
      told: (found) => named(found, within, packed.path),
      toldError: (error) => renamed(error, within, packed.path),
      [Symbol.asyncDispose]: discard,
    };
  };
}

function asTheyAre(settings: JsonObject): UnpackedInputs {
  return { settings, told: (found) => found, toldError: (error) => error, [Symbol.asyncDispose]: async () => {} };
}

async function archiveAmong(manifest: Manifest, settings: JsonObject): Promise<{ readonly key: string; readonly path: string } | undefined> {
  for (const { key, type, packed } of manifest.arguments) {
    const path = settings[key];
    if (type !== 'path' || packed !== true || typeof path !== 'string' || !archiveName.test(path)) continue;
    if ((await stat(path).catch(() => undefined))?.isFile() === true) return { key, path };
  }
  return undefined;
}

function named(found: InputsFound, within: string, archive: string): InputsFound {
  const stray = found.files.find(({ source }) => !source.startsWith(`${within}/`));
  if (stray !== undefined)
    throw new SupervmError(
      'archive-refused',
      `${archive} is not accepted: it refers to ${stray.source}, which is no part of it.`,
      'Pack everything that the project needs.',
    );
  const say = (text: string): string => text.replaceAll(within, archive);
  return { ...found, findings: found.findings.map((finding): Finding => ({ ...finding, message: say(finding.message), hint: say(finding.hint) })) };
}

function renamed(error: unknown, within: string, archive: string): unknown {
  if (!(error instanceof SupervmError)) return error;
  const say = (text: string): string => text.replaceAll(within, archive);
  return new SupervmError(error.code, say(error.message), say(error.hint), { cause: error });
}
