/** Why a request was refused, on its way to whoever asked. Peers of before know `message` only. */
import { type ErrorCode, errorKinds, SupervmError } from '../../src/model/errors.ts';
import { encodeBody } from '../wire/codec.ts';

const longestMessage = 2000;
/** The code of a refusal: whoever was asked runs a version without such a request. */
const unknownCode = 'unknown';

/** A request or its answer that only one of the two versions knows. */
export function notKnown(message: string): SupervmError {
  return new SupervmError('peer-other-version', message, 'Bring all machines to one version of supervm; until then the others go on without this.');
}

/**
 * @param isUnknown there is no such request here, in this version
 * @param error what the service threw
 */
export function refusalBody(message: string, isUnknown: boolean, error?: unknown): Uint8Array {
  const forPeople = error instanceof SupervmError ? { error: error.code, hint: error.hint.slice(0, longestMessage) } : {};
  return encodeBody({ message: message.slice(0, longestMessage), ...(isUnknown ? { code: unknownCode } : forPeople) });
}

/** What the asker's promise is rejected with; its `cause` is the error that the service threw for people, if it did. */
export function reasonOf(body: unknown): SupervmError {
  const told: { readonly [member in 'message' | 'code' | 'error' | 'hint']?: unknown } = typeof body === 'object' && body !== null ? body : {};
  const message = typeof told.message === 'string' ? told.message : 'no reason given';
  if (told.code === unknownCode) return notKnown(message);
  if (!isErrorCode(told.error)) return new SupervmError('peer-refused', message);
  const cause = new SupervmError(told.error, message, typeof told.hint === 'string' ? told.hint : '');
  return new SupervmError('peer-refused', message, cause.hint, { cause });
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorKinds, code);
}
