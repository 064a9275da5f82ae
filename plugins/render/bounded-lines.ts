/** Lines of a stream, none longer than a bound: a program that never ends its line must not fill the memory. */
import type { Readable } from 'node:stream';

/** Gives every line without its end (LF, CR or both); of a longer one its beginning and how much is left out. What comes after the last end is a line too. */
export function eachLine(stream: Readable, longest: number, onLine: (line: string) => void): void {
  let held = '';
  let leftOut = 0;
  const hold = (text: string): void => {
    const room = longest - held.length;
    held += text.slice(0, room);
    leftOut += Math.max(0, text.length - room);
  };
  const give = (): void => {
    const line = leftOut === 0 ? held : `${held} [supervm: ${leftOut} characters left out]`;
    held = '';
    leftOut = 0;
    onLine(line);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const [first = '', ...others] = text.split(/\r\n|\n|\r/);
    hold(first);
    for (const other of others) {
      give();
      hold(other);
    }
  });
  stream.on('end', () => {
    if (held !== '') give();
  });
}
