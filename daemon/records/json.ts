/** What may travel as JSON: plain values, not so deep that a recursive function would run out of stack. */

export const deepestJson = 32;

/** True for what `JSON.parse` could have made, at most `depth` levels deep. */
export function isPlainJson(value: unknown, depth = deepestJson): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  if (Array.isArray(value)) return value.every((content) => isPlainJson(content, depth - 1));
  return Object.values(value).every((content) => isPlainJson(content, depth - 1));
}

export function isPlainJsonObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isPlainJson(value);
}

/** A copy as a peer would receive it: keys with undefined are gone, and nobody else can change it. */
export function jsonCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
