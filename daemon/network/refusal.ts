/** Why a request was refused, on its way to whoever asked. Peers of before know `message` only. */
import { SupervmError } from '../../src/model/errors.ts';
import { encodeBody } from '../wire/codec.ts';

const longestMessage = 2000;
/** The code of a refusal: whoever was asked runs a version without such a request. */
const unknownCode = 'unknown';

/** A request or its answer that only one of the two versions knows. */
export function notKnown(message: string): SupervmError {
  return new SupervmError('peer-other-version', message, 'Bring all machines to one version of supervm; until then the others go on without this.');
}

/** @param isUnknown there is no such request here, in this version */
export function refusalBody(message: string, isUnknown: boolean): Uint8Array {
  return encodeBody({ message: message.slice(0, longestMessage), ...(isUnknown ? { code: unknownCode } : {}) });
}

/** What the asker's promise is rejected with. */
export function reasonOf(body: unknown): SupervmError {
  const told: { readonly message?: unknown; readonly code?: unknown } = typeof body === 'object' && body !== null ? body : {};
  const message = typeof told.message === 'string' ? told.message : 'no reason given';
  return told.code === unknownCode ? notKnown(message) : new SupervmError('peer-refused', message);
}
