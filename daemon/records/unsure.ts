/** Marks errors of transactions that may be on the disk all the same. */
import { SupervmError } from '../../src/model/errors.ts';

const unsure = Symbol('unsure');

export function asUnsure({ code, message, hint }: SupervmError): SupervmError {
  return new SupervmError(code, message, hint, { cause: unsure });
}

/** May what was refused be on the disk all the same? Then this store must not say anything else in its place. */
export function isUnsure(error: unknown): boolean {
  return error instanceof SupervmError && error.cause === unsure;
}
