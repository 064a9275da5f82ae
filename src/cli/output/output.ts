/** The three outputs. A command shows a Presentation and so has all of them, or it does not compile. */
import type { Problem } from '../../api/problem.ts';
import { errorKinds, type SupervmError } from '../../model/errors.ts';
import { jsonText, printable, type Style, styleOf } from './style.ts';
import type { Terminal } from './terminal.ts';

export type Mode = 'human' | 'json' | 'quiet';

export interface Presentation {
  human(style: Style): string;
  /** Printed as one JSON document. */
  readonly json: unknown;
  /** What a script would want of it: an id, a path, or nothing. */
  readonly quiet: string;
}

export interface Output {
  readonly mode: Mode;
  readonly style: Style;
  readonly terminal: Terminal;
  show(presentation: Presentation): void;
  /** A line on the way to the result, for people; on standard output. */
  say(text: string): void;
  /** A remark beside the result, for people; on standard error. */
  note(text: string): void;
  warn(text: string, hint?: string): void;
  problem(error: SupervmError): void;
}

export function createOutput(mode: Mode, terminal: Terminal, noColor: boolean): Output {
  const style = styleOf(mode === 'human' && terminal.interactive && !noColor);
  const note = (text: string): void => {
    if (mode === 'human') terminal.error(`${text}\n`);
  };
  return {
    mode,
    style,
    terminal,
    note,
    say(text) {
      if (mode === 'human') terminal.out(`${text}\n`);
    },
    show(presentation) {
      if (mode === 'json') terminal.out(`${jsonText(presentation.json, 2)}\n`);
      else if (mode === 'human') terminal.out(lines(presentation.human(style)));
      else if (presentation.quiet !== '') terminal.out(lines(terminal.interactive ? printable(presentation.quiet) : presentation.quiet));
    },
    warn(text, hint = '') {
      note(`${style.warning('warning:')} ${printable(text)}`);
      if (hint !== '') note(`  ${printable(hint)}`);
    },
    problem(error) {
      if (mode === 'json') {
        const problem: Problem & { readonly exit: number } = {
          code: error.code,
          message: error.message,
          hint: error.hint,
          status: errorKinds[error.code].status,
          exit: errorKinds[error.code].exit,
        };
        terminal.error(`${jsonText(problem)}\n`);
        return;
      }
      terminal.error(`${style.bad('error:')} ${printable(error.message)}\n`);
      if (error.hint !== '') terminal.error(`  ${printable(error.hint)}\n`);
    },
  };
}

function lines(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
