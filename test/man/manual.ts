/** man/supervm.1, from the command tree that `--help` is made of: each command with its arguments and flags. */
import type { Command, Option } from 'commander';
import { manifest } from '../../plugins/render/manifest.ts';
import { buildTree } from '../../src/cli/command-tree.ts';
import { errorKinds } from '../../src/model/errors.ts';

const longestLine = 130;

export function commandTree(): Command {
  const context = (): never => {
    throw new Error('no command runs here');
  };
  return buildTree({ version: '', manifests: [manifest], context }).root;
}

/** `cluster rotate-secret`, and so on. */
export function leavesOf(command: Command, before: readonly string[] = []): readonly { readonly words: readonly string[]; readonly command: Command }[] {
  return command.commands.flatMap((one) => {
    const words = [...before, one.name()];
    return one.commands.length > 0 ? leavesOf(one, words) : [{ words, command: one }];
  });
}

function escaped(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}

/** Lines of bounded length; roff joins them again. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > longestLine) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map(escaped);
}

function argumentsOf(command: Command): string {
  return command.registeredArguments
    .map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return argument.required ? name : `[${name}]`;
    })
    .join(' ');
}

function optionLines({ flags, description }: Option): readonly string[] {
  return ['.TP', `.B ${escaped(flags)}`, ...wrapped(`${description}.`)];
}

function commandLines(words: readonly string[], command: Command): readonly string[] {
  const given = command.registeredArguments.filter(({ description }) => description !== '');
  return [
    ...[`.SS ${escaped(`${words.join(' ')} ${argumentsOf(command)}`.trim())}`, ...wrapped(command.description())],
    ...given.flatMap((argument) => ['.TP', `.I ${escaped(argument.name())}`, ...wrapped(`${argument.description}.`)]),
    ...command.options.flatMap(optionLines),
  ];
}

const exits = [...new Set(Object.values(errorKinds).map(({ exit }) => exit))].sort((a, b) => a - b);

export function manual(): string {
  const root = commandTree();
  const lines = [
    ...['.TH SUPERVM 1 "" "supervm" "supervm"', '.ad l', '.nh'],
    ...['.SH NAME', 'supervm \\- the machines you already own, as one computer'],
    ...['.SH SYNOPSIS', '.B supervm', '.I COMMAND', '[\\fIARGUMENT\\fR]...'],
    ...['.SH DESCRIPTION', ...wrapped(`${root.description()} Each command is a client of the daemon on this machine, but for those that start it.`)],
    ...['.SH OPTIONS', 'With every command:', ...root.options.flatMap(optionLines), '.TP', '.B \\-h, \\-\\-help', 'Print the help of the command.'],
    ...['.SH COMMANDS', ...leavesOf(root).flatMap(({ words, command }) => commandLines(words, command))],
    ...['.SH EXIT STATUS', `0 when it is done; one of ${exits.join(', ')} when it is not, as`, '.B supervm explain', 'lists.'],
    ...['.SH SEE ALSO', '.BR supervm\\-doctor (1),', '.BR supervm\\-guarantees (7)'],
  ];
  return `${lines.join('\n')}\n`;
}
