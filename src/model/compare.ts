/**
 * A total order over JSON values that does not see the order of keys: the last resort of every merge,
 * so that nodes which hold the same facts always agree on the winner, whatever is in them.
 */

const ranks: { readonly [kind: string]: number } = { undefined: 0, null: 1, boolean: 2, number: 3, string: 4, array: 5, object: 6 };

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function comparePrimitives<T extends string | number | boolean>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = compareValues(a[index], b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Keys whose value is undefined count as absent, as in JSON. */
function sortedEntries(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value)
    .filter(([, content]) => content !== undefined)
    .sort(([a], [b]) => comparePrimitives(a, b));
}

/** Negative when `a` comes first; 0 exactly when both are the same JSON value. */
export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  const kind = kindOf(a);
  const byKind = (ranks[kind] ?? 7) - (ranks[kindOf(b)] ?? 7);
  if (byKind !== 0) return byKind;
  if (Array.isArray(a)) return compareArrays(a, b as readonly unknown[]);
  if (typeof a === 'object' && a !== null) return compareArrays(sortedEntries(a), sortedEntries(b as object));
  return comparePrimitives(a as string | number | boolean, b as string | number | boolean);
}
