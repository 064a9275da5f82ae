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

/** What others wrote (names, messages) must not move the cursor or colour the screen. Line ends stay. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) => (character === '\t' ? ' ' : ''));
}
