/** What a module imports and which of the machine's powers it touches, read from its tokens. */
import { type Token, tokenize } from './tokenize.ts';

export interface Import {
  /** As written; undefined for `import(expression)`. */
  readonly specifier: string | undefined;
  readonly kind: 'static' | 'type' | 'dynamic';
  readonly line: number;
}

export interface Power {
  readonly power: 'time' | 'randomness' | 'environment' | 'console' | 'terminal';
  /** What was written, e.g. `Date.now`. */
  readonly text: string;
  readonly line: number;
}

/** From the word import or export at `start` to the string after `from`; undefined when the statement imports nothing. */
function fromClause(tokens: readonly Token[], start: number): Import | undefined {
  const first = tokens[start] as Token;
  for (let place = start + 1; place < tokens.length; place += 1) {
    const token = tokens[place] as Token;
    const next = tokens[place + 1];
    if (token.kind === 'word' && token.text === 'from' && next?.kind === 'string') {
      const second = tokens[start + 1];
      const third = tokens[start + 2];
      // `import type from './x'` is a value called type.
      const typeOnly = second?.text === 'type' && !(third?.text === 'from' && tokens[start + 3]?.kind === 'string');
      return { specifier: next.text, kind: typeOnly ? 'type' : 'static', line: first.line };
    }
    if (token.kind === 'mark' && token.text === ';') return undefined;
  }
  return undefined;
}

function importAt(tokens: readonly Token[], start: number): Import | undefined {
  const token = tokens[start] as Token;
  const next = tokens[start + 1];
  const previous = tokens[start - 1];
  if (token.kind !== 'word' || next === undefined || previous?.text === '.') return undefined;
  if ((token.text === 'import' || token.text === 'require') && next.text === '(' && next.kind === 'mark') {
    const argument = tokens[start + 2];
    return { specifier: argument?.kind === 'string' ? argument.text : undefined, kind: 'dynamic', line: token.line };
  }
  if (token.text === 'import') {
    if (next.kind === 'string') return { specifier: next.text, kind: 'static', line: token.line };
    return next.text === '.' || next.text === ':' ? undefined : fromClause(tokens, start);
  }
  if (token.text !== 'export') return undefined;
  const reExports = next.text === '*' || next.text === '{' || (next.text === 'type' && ['{', '*'].includes(tokens[start + 2]?.text ?? ''));
  if (!reExports) return undefined;
  if (next.text === '*') return fromClause(tokens, start);
  // `export { a };` without from: the clause must follow the closing brace at once.
  const close = tokens.findIndex((candidate, place) => place > start && candidate.kind === 'mark' && candidate.text === '}');
  return tokens[close + 1]?.text === 'from' ? fromClause(tokens, start) : undefined;
}

export function readImports(source: string): readonly Import[] {
  const tokens = tokenize(source);
  return tokens.flatMap((_, place) => importAt(tokens, place) ?? []);
}

const members: { readonly [object: string]: { readonly [member: string]: Power['power'] } } = {
  Date: { now: 'time' },
  performance: { now: 'time', timeOrigin: 'time' },
  AbortSignal: { timeout: 'time' },
  Math: { random: 'randomness' },
  process: { env: 'environment', hrtime: 'time', uptime: 'time', stdout: 'terminal', stderr: 'terminal', stdin: 'terminal' },
};
const names: { readonly [name: string]: Power['power'] } = {
  setTimeout: 'time',
  setInterval: 'time',
  setImmediate: 'time',
  randomUUID: 'randomness',
  randomBytes: 'randomness',
  randomInt: 'randomness',
  getRandomValues: 'randomness',
};

function powerAt(tokens: readonly Token[], start: number): Power | undefined {
  const token = tokens[start] as Token;
  if (token.kind !== 'word') return undefined;
  const [previous, next, afterNext] = [tokens[start - 1], tokens[start + 1], tokens[start + 2]];
  // Two dots in a row are a spread's; one is somebody's own member, except of the global object.
  const isMember = previous?.text === '.' && !['.', 'globalThis'].includes(tokens[start - 2]?.text ?? '');
  if (isMember && !Object.hasOwn(names, token.text)) return undefined;
  const found = (power: Power['power'], text: string): Power => ({ power, text, line: token.line });
  if (Object.hasOwn(members, token.text) && next?.text === '.' && afterNext !== undefined) {
    const power = Object.hasOwn(members[token.text] ?? {}, afterNext.text) ? members[token.text]?.[afterNext.text] : undefined;
    return power === undefined ? undefined : found(power, `${token.text}.${afterNext.text}`);
  }
  if (token.text === 'console' && next?.text === '.') return found('console', 'console');
  if (token.text === 'Date' && previous?.text === 'new' && next?.text === '(' && afterNext?.text === ')') return found('time', 'new Date()');
  // As a call or a value, not as somebody's own method or field of that name.
  if (Object.hasOwn(names, token.text) && next?.text !== ':') return found(names[token.text] as Power['power'], token.text);
  return undefined;
}

export function readPowers(source: string): readonly Power[] {
  const tokens = tokenize(source);
  return tokens.flatMap((_, place) => powerAt(tokens, place) ?? []);
}
