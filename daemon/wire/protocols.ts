/** What all protocols share: the limits of a frame and the schema of a direction that is not used. */
import type { Schema } from './messenger.ts';

/** The largest frame of any protocol, header included. */
export const maximumFrameBytes = 1024 * 1024;

/** Bytes that a frame needs besides its JSON and its raw `bytes`; subtract them when filling a frame to its limit. */
export const frameOverheadBytes = 14;

/** For a protocol that has no messages, or no requests: whatever arrives is refused. */
export const unused: Schema<never> = {
  parse() {
    throw new TypeError('this protocol has none of this kind');
  },
};
