/** What a job type says may be of any length; what is told of it may not, and a session that says more than can be read would be ended. */

/** Characters of a line for the log. */
export const longestLine = 64 * 1024;
/** Of a message for people. */
export const longestWords = 4000;
/** Of one task; fewer are told to others. */
export const mostWarnings = 1000;

/** The text, or its beginning and how much is left out. */
export function shortened(text: string, longest: number): string {
  const rest = text.length - longest;
  return rest <= 0 ? text : `${text.slice(0, longest)} [supervm: ${rest} characters left out]`;
}
