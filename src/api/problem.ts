/** How an error travels over HTTP. */
import { type ErrorCode, errorKinds, SupervmError } from '../model/errors.ts';

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly status: number;
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorKinds, code);
}

/** Anything that is no SupervmError is a defect: its message is told, its stack is not. */
export function problemOf(error: unknown): Problem {
  if (error instanceof SupervmError) return { code: error.code, message: error.message, hint: error.hint, status: errorKinds[error.code].status };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `Unexpected: ${message}`,
    hint: 'The daemon has logged the details (logs/daemon.log in its home folder).',
    status: errorKinds.internal.status,
  };
}

/** The error behind a problem body; a body of any other form becomes `internal`. */
export function errorOf(body: unknown, status: number): SupervmError {
  if (typeof body === 'object' && body !== null && 'code' in body && isErrorCode(body.code) && 'message' in body && typeof body.message === 'string') {
    return new SupervmError(body.code, body.message, 'hint' in body && typeof body.hint === 'string' ? body.hint : '');
  }
  return new SupervmError('internal', `The daemon answered with status ${status} and no explanation.`);
}
