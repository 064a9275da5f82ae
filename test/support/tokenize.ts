/** Just enough of a TypeScript lexer to read imports and names truthfully: comments vanish, strings and templates are one token each. */

export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'mark';
  /** Word or mark as written; a string's or template's content without quotes (a template with `${` has kind `template` and its raw text). */
  readonly text: string;
  readonly line: number;
}

const wordPattern = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const numberPattern = /\d[\w.]*/y;
const regexPattern = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const stringPattern = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;

/** Words after which a slash begins a regular expression, not a division. */
const wordsBeforeRegex = new Set(['return', 'typeof', 'case', 'in', 'of', 'do', 'else', 'void', 'delete', 'throw', 'new', 'await', 'yield']);

function regexMayFollow(last: Token | undefined): boolean {
  if (last === undefined) return true;
  if (last.kind === 'word') return wordsBeforeRegex.has(last.text);
  return last.kind === 'mark' && ![')', ']', '}'].includes(last.text) && !/^\d/.test(last.text);
}

/** Throws on text that ends inside a string, template or comment: better no answer than a wrong one. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  }

  function take(length: number): string {
    const text = source.slice(at, at + length);
    line += text.split('\n').length - 1;
    at += length;
    return text;
  }

  function push(kind: Token['kind'], text: string, startLine: number): void {
    tokens.push({ kind, text, line: startLine });
  }

  /** At a backtick; code inside `${ }` gives tokens of its own. */
  function template(): void {
    const startLine = line;
    const start = at + 1;
    const place = tokens.length;
    let plain = true;
    take(1);
    while (source[at] !== '`') {
      if (at >= source.length) throw new Error(`template without end in line ${startLine}`);
      if (source[at] === '\\') take(2);
      else if (source.startsWith('${', at)) {
        plain = false;
        take(2);
        code('}');
      } else take(1);
    }
    tokens.splice(place, 0, { kind: plain ? 'string' : 'template', text: source.slice(start, at), line: startLine });
    take(1);
  }

  /** Reads up to the closing mark that matches, or to the end of the text. */
  function code(end: '}' | undefined): void {
    let depth = 0;
    while (at < source.length) {
      const here = source[at] as string;
      const startLine = line;
      const word = match(wordPattern);
      if (word !== undefined) push('word', take(word.length), startLine);
      else if (/\s/.test(here)) take(1);
      else if (source.startsWith('//', at)) take((source.indexOf('\n', at) + 1 || source.length + 1) - 1 - at);
      else if (source.startsWith('/*', at)) {
        const close = source.indexOf('*/', at + 2);
        if (close < 0) throw new Error(`comment without end in line ${line}`);
        take(close + 2 - at);
      } else if (here === "'" || here === '"') {
        const text = match(stringPattern);
        if (text === undefined) throw new Error(`string without end in line ${line}`);
        push('string', take(text.length).slice(1, -1), startLine);
      } else if (here === '`') template();
      else if (here === '/' && regexMayFollow(tokens.at(-1)) && match(regexPattern) !== undefined) {
        push('string', take((match(regexPattern) as string).length), startLine);
      } else if (/\d/.test(here)) push('mark', take((match(numberPattern) as string).length), startLine);
      else {
        if (here === '{') depth += 1;
        if (here === '}') {
          if (depth === 0 && end === '}') {
            take(1);
            return;
          }
          depth -= 1;
        }
        push('mark', take(1), startLine);
      }
    }
    if (end !== undefined) throw new Error('template without end');
  }

  code(undefined);
  return tokens;
}
