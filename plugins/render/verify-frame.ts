/** A frame counts only when its file is there, decodes and has the right size. What its pixels show is for warnings. */
import { lstat, readFile, statfs } from 'node:fs/promises';
import type { TaskFault } from '../../src/plugin/job-type.ts';
import { checkExr, type ExrPicture } from './exr.ts';
import { diskFull, outputInvalid } from './faults.ts';
import { type FrameLook, lookWarnings } from './frame-look.ts';
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
export type ReadBack = (path: string) => Promise<Size & FrameLook>;

type Picture = Size & FrameLook & Pick<ExrPicture, 'isUnread'>;

const checks: { readonly [format: string]: (file: Buffer, wanted: Size) => Picture } = { PNG: checkPng, OPEN_EXR: checkExr, OPEN_EXR_MULTILAYER: checkExr };

/** Blender reads all but pictures in layers. */
async function decoded(script: Pick<RenderScript, 'format' | 'width' | 'height'>, file: Buffer, path: string, readBack: ReadBack): Promise<Picture> {
  const seen = checks[script.format]?.(file, script);
  return seen === undefined || (seen.isUnread === true && script.format === 'OPEN_EXR') ? readBack(path) : seen;
}

/**
 * Warnings about the frame. `channels`: how many the scene asks for, where that is known. Throws a TaskFault that names the frame and what is
 * wrong with it.
 */
export async function verifyFrame(
  script: Pick<RenderScript, 'format' | 'width' | 'height'>,
  place: { readonly folder: string; readonly name: string; readonly path: string; readonly channels?: number | undefined },
  readBack: ReadBack,
): Promise<readonly string[]> {
  const { folder, name, path, channels } = place;
  const found = await lstat(path).catch(() => undefined);
  const most = Math.min(longestFile, script.width * script.height * mostPixelBytes + headBytes);
  if (found !== undefined && (!found.isFile() || found.size > most)) throw outputInvalid(name, `it is no picture of ${script.width}x${script.height} pixels`);
  const file = found === undefined ? undefined : await readFile(path).catch(() => undefined);
  if (file === undefined) throw await fault(folder, name, 'Blender wrote no such file');
  if (file.length === 0) throw await fault(folder, name, 'the file is empty');
  let picture: Picture;
  try {
    picture = await decoded(script, file, path, readBack);
  } catch (error) {
    throw await fault(folder, name, error instanceof Error ? error.message : String(error));
  }
  if (picture.width !== script.width || picture.height !== script.height) {
    throw outputInvalid(name, `it has ${picture.width}x${picture.height} pixels instead of ${script.width}x${script.height}`);
  }
  return lookWarnings(name, picture, channels);
}
