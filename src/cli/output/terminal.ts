/** Standard input, output and error: the only place below src/cli that touches them. */
import { now } from '../clock.ts';
import { askKey } from './ask-key.ts';

export interface Terminal {
  /** Is standard output a terminal that understands control codes? */
  readonly interactive: boolean;
  readonly canAsk: boolean;
  columns(): number;
  out(text: string): void;
  error(text: string): void;
  /** All of standard input. */
  read(): Promise<string>;
  /** One line typed at a prompt on standard error; empty when the input ends. `hidden`: what is typed is not shown. `key`: at a terminal one key is enough. */
  ask(prompt: string, options?: { readonly hidden?: boolean; readonly key?: boolean }): Promise<string>;
}

export function systemTerminal(): Terminal {
  return {
    interactive: process.stdout.isTTY === true,
    canAsk: process.stdin.isTTY === true,
    // A terminal that does not know its size says 0.
    columns: () => process.stdout.columns || 80,
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    async read() {
      let text = '';
      process.stdin.setEncoding('utf8');
      for await (const chunk of process.stdin) text += chunk;
      return text;
    },
    async ask(prompt, { hidden = false, key = false } = {}) {
      if (key && process.stdin.isTTY) return askKey(prompt, process.stdin, (text) => process.stderr.write(text), now);
      const { createInterface } = await import('node:readline');
      const { Writable } = await import('node:stream');
      // Readline switches the terminal's own echo off, and writes its own nowhere.
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      if (hidden) process.stderr.write(prompt);
      const lines = createInterface({ input: process.stdin, output: hidden ? nowhere : process.stderr, ...(hidden ? { terminal: true } : {}) });
      return new Promise((resolve) => {
        lines.once('close', () => {
          if (hidden) process.stderr.write('\n');
          resolve('');
        });
        lines.question(prompt, (answer) => {
          resolve(answer);
          lines.close();
        });
      });
    },
  };
}

/** Resolves when everything printed is with its reader, or lost because there is none. */
export async function flushOutput(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

/** Calls `closed` when nobody reads standard output any more. */
export function onOutputClosed(closed: () => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EIO' || error.code === 'ERR_STREAM_DESTROYED') closed();
      else throw error;
    });
  }
}
