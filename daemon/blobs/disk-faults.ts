import { SupervmError } from '../../src/model/errors.ts';

/** Turns a full disk or quota into `disk-full`; everything else passes unchanged. */
export function diskFault(cause: unknown, where: string): unknown {
  const code = errorCode(cause);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return cause;
  return new SupervmError('disk-full', `no room left for ${where}`, 'Free some space on that disk; the job goes on elsewhere meanwhile.', { cause });
}

/** `ENOENT` and its kin; undefined for what is not a system error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
