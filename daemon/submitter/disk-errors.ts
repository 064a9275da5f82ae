/** Errors of the file system as people should hear of them. */
import { SupervmError } from '../../src/model/errors.ts';

/** `ENOENT` and its kin; undefined for what is not a system error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const unwritable = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENOENT', 'EEXIST', 'ENAMETOOLONG', 'ELOOP'];

/** `output-unwritable` or `disk-full` for what the file system refused; a SupervmError stays as it is. */
export function writeFault(error: unknown, target: string): SupervmError {
  if (error instanceof SupervmError) return error;
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return new SupervmError('disk-full', `No room is left for ${target}.`, 'Free some space.', { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  if (errno !== undefined && unwritable.includes(errno))
    return new SupervmError('output-unwritable', `${target} cannot be written: ${message}`, '', { cause: error });
  return new SupervmError('internal', `${target} cannot be written: ${message}`, '', { cause: error });
}

/** `file-missing` for an input that cannot be read. */
export function readFault(error: unknown, source: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof SupervmError || errno === undefined) return error;
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return new SupervmError('file-missing', `${source} does not exist.`, '', { cause: error });
  if (errno === 'EACCES' || errno === 'EPERM')
    return new SupervmError('file-missing', `${source} may not be read by the daemon.`, 'Give its user read permission.', { cause: error });
  if (errno === 'EISDIR') return new SupervmError('file-missing', `${source} is a folder.`, '', { cause: error });
  return error;
}
