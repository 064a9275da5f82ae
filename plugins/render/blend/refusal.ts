import { SupervmError } from '../../../src/model/errors.ts';

/** Why a file cannot be read as a scene; `reason` completes "FILE ...". */
export function notAScene(path: string, reason: string, cause?: unknown): SupervmError {
  return new SupervmError(
    'not-a-scene',
    `${path} ${reason}.`,
    'Check that the path names a .blend file and that Blender itself opens it.',
    cause === undefined ? {} : { cause },
  );
}
