/** A frame counts only when its file is there, decodes and has the right size. */
import { lstat, readFile, statfs } from 'node:fs/promises';
import type { TaskFault } from '../../src/plugin/job-type.ts';
import { checkExr } from './exr.ts';
import { diskFull, outputInvalid } from './faults.ts';
import { checkPng } from './png.ts';
import type { RenderScript } from './script.ts';

/** Bytes of a pixel with more layers and passes than Blender has, and of what a file says besides. */
const mostPixelBytes = 4096;
const headBytes = 64 * 1024 * 1024;
/** More cannot be read at once. */
const longestFile = 2 ** 31 - 1;

/** Less free room than this explains a frame that could not be written. */
const roomForAFrame = 1024 * 1024;

export async function isDiskFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < roomForAFrame;
}

async function fault(folder: string, name: string, reason: string): Promise<TaskFault> {
  return (await isDiskFull(folder)) ? diskFull(folder) : outputInvalid(name, reason);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Reads a picture back in the resident Blender; rejects when it does not decode. */
export type ReadBack = (path: string) => Promise<Size>;

const checks: { readonly [format: string]: (file: Buffer, wanted: Size) => Size } = { PNG: checkPng, OPEN_EXR: checkExr, OPEN_EXR_MULTILAYER: checkExr };

/** Throws a TaskFault that names the frame and what is wrong with it. */
export async function verifyFrame(
  script: Pick<RenderScript, 'format' | 'width' | 'height'>,
  place: { readonly folder: string; readonly name: string; readonly path: string },
  readBack: ReadBack,
): Promise<void> {
  const { folder, name, path } = place;
  const found = await lstat(path).catch(() => undefined);
  const most = Math.min(longestFile, script.width * script.height * mostPixelBytes + headBytes);
  if (found !== undefined && (!found.isFile() || found.size > most)) throw outputInvalid(name, `it is no picture of ${script.width}x${script.height} pixels`);
  const file = found === undefined ? undefined : await readFile(path).catch(() => undefined);
  if (file === undefined) throw await fault(folder, name, 'Blender wrote no such file');
  if (file.length === 0) throw await fault(folder, name, 'the file is empty');
  let size: Size;
  try {
    size = checks[script.format]?.(file, script) ?? (await readBack(path));
  } catch (error) {
    throw await fault(folder, name, error instanceof Error ? error.message : String(error));
  }
  if (size.width !== script.width || size.height !== script.height) {
    throw outputInvalid(name, `it has ${size.width}x${size.height} pixels instead of ${script.width}x${script.height}`);
  }
}
