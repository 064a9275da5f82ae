/** A few lines at the bottom of a terminal that are drawn anew in place. */
import type { Terminal } from './terminal.ts';

export interface LiveBlock {
  draw(lines: readonly string[]): void;
  /** Leaves the cursor below nothing: what is printed next takes the block's place. */
  clear(): void;
}

export function liveBlock(terminal: Pick<Terminal, 'out'>): LiveBlock {
  let height = 0;
  // To the first line of the block, then clear to the end of the screen.
  const back = (): string => (height === 0 ? '' : `\u001b[${height}A\r\u001b[J`);
  return {
    draw(lines) {
      terminal.out(`${back()}${lines.map((line) => `${line}\n`).join('')}`);
      height = lines.length;
    },
    clear() {
      terminal.out(back());
      height = 0;
    },
  };
}
