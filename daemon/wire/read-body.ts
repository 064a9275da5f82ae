/**
 * Bodies of peers whose version may be newer: members that this version does not know are dropped, and what is of a type, or says a word,
 * that only another version knows is told apart from what is broken. So machines can be upgraded one by one.
 */
import * as z from 'zod';
import type { Schema } from './messenger.ts';

export type BodyReading<T> =
  /** `dropped`: the first member that was, for logs. */
  | { readonly kind: 'known'; readonly body: T; readonly dropped?: string }
  /** `word`: of another version, cut to a length for logs. */
  | { readonly kind: 'unknown'; readonly word: string };

/** Members that say what kind of body it is. */
const discriminators: ReadonlySet<unknown> = new Set(['type', 'kind']);
const longestWord = 64;

type Issue = z.core.$ZodIssue;

/** Throws what the schema throws on a body that no version says. Changes `body`, which must be the caller's own. */
export function readBody<T>(schema: Schema<T>, body: unknown): BodyReading<T> {
  try {
    return { kind: 'known', body: schema.parse(body) };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const word = unknownWord(error.issues, body);
    if (word !== undefined) return { kind: 'unknown', word: word.slice(0, longestWord) };
    const strange = error.issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (strange.length < error.issues.length) throw error;
    for (const { path, keys } of strange) drop(at(body, path), keys);
    const [first] = strange;
    return { kind: 'known', body: schema.parse(body), dropped: [...(first?.path ?? []), first?.keys[0] ?? ''].join('.').slice(0, longestWord) };
  }
}

/** Of another version: the type of the whole body, whatever else is in it; or a word for which there is a list, when all the rest is as it must be. */
function unknownWord(issues: readonly Issue[], body: unknown): string | undefined {
  const words = issues.filter((issue) => isUnknownWord(issue, body));
  const type = words.find(({ path }) => path.length === 1 && discriminators.has(path[0]))?.path ?? typeWhereNoneWas(issues);
  if (type !== undefined) return typeof at(body, type) === 'string' ? String(at(body, type)) : undefined;
  const [first] = words;
  const isAll = issues.every((issue) => words.includes(issue) || issue.code === 'unrecognized_keys');
  return first !== undefined && isAll ? `${first.path.join('.')} ${String(at(body, first.path))}` : undefined;
}

function isUnknownWord(issue: Issue, body: unknown): boolean {
  const isListed =
    issue.code === 'invalid_value' ? issue.values.every((value) => typeof value === 'string') : issue.code === 'invalid_union' && 'discriminator' in issue;
  return isListed && typeof at(body, issue.path) === 'string';
}

/** The only kind of body there was needed no type: with one, and without what that kind must have, it is another kind. */
function typeWhereNoneWas(issues: readonly Issue[]): readonly PropertyKey[] | undefined {
  const isNew = issues.some((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0 && issue.keys.includes('type'));
  return isNew && issues.some(({ code }) => code !== 'unrecognized_keys') ? ['type'] : undefined;
}

function at(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value: unknown, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), body);
}

function drop(value: unknown, keys: readonly string[]): void {
  if (typeof value === 'object' && value !== null) for (const key of keys) Reflect.deleteProperty(value, key);
}
