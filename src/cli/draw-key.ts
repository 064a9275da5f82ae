/** The one place below src/ that draws. */

/** Unique: under a key of its own a submission whose answer was lost may be repeated. */
export function drawKey(): string {
  return crypto.randomUUID();
}
