/** Emphasis for people; plain text where the output is no terminal. */

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warning(text: string): string;
}

const codes = { bold: [1, 22], dim: [2, 22], good: [32, 39], bad: [31, 39], warning: [33, 39] } as const;

export function styleOf(coloured: boolean): Style {
  const paint = ([on, off]: readonly [number, number]) =>
    coloured ? (text: string): string => `\u001b[${on}m${text}\u001b[${off}m` : (text: string): string => text;
  return { bold: paint(codes.bold), dim: paint(codes.dim), good: paint(codes.good), bad: paint(codes.bad), warning: paint(codes.warning) };
}

/** Columns that the text takes on a terminal. */
export function widthOf(text: string): number {
  return [...text.replace(controlCode, '')].length;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const controlCode = /\u001b\[\d+m/g;

/**
 * Whatever moves the cursor, colours the screen, retitles the window, cannot be seen or turns the direction of reading: control and
 * format characters, line and paragraph separators, halves of pairs. The two joiners stay: whole scripts, and many signs, need them.
 */
const untrusted = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What others wrote (names, messages), harmless on a terminal: such characters are shown as `\x1b`, `\u202e`. Line ends and the spaces of tabs stay. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(untrusted, (character) => (character === '\t' ? ' ' : escapeOf(character)));
}

/** The same where only one line may appear: a name with a line end in it could pass for a line of ours. */
export function oneLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/** JSON that means the same and is harmless on a terminal too: nothing is lost, it is only written as `\u202e`. */
export function jsonText(value: unknown, indentation?: number): string {
  const text = JSON.stringify(value ?? null, undefined, indentation);
  return text.replace(untrusted, (character) => character.split('').map(unitText).join(''));
}

function unitText(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
