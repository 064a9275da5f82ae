/** Text that peers say and people read: without what would steer a terminal, hide words or turn their order about. */
import * as z from 'zod';

/** Control characters, line and paragraph separators, marks of writing direction, zero-width characters, and tags. */
const steering = /[\p{Cc}\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const replacement = '\ufffd';

/** Each of them becomes the mark for what cannot be shown; of half a character too. */
function harmless(text: string): string {
  return text.toWellFormed().replace(steering, replacement);
}

/** At most so many UTF-16 units; what could do harm is replaced, not refused: a machine may have been given such a name without knowing. */
export function plainText(longest: number): z.ZodString {
  return z.string().max(longest).overwrite(harmless);
}
