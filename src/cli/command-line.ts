/** From words to an exit code. Whatever goes wrong comes out as an error; main.ts shows it. */
import { type Command, CommanderError } from 'commander';
import { SupervmError } from '../model/errors.ts';
import { buildTree, ownCommands } from './command-tree.ts';
import type { Context, Exit } from './context.ts';
import type { Manifests } from './job-types.ts';
import { printable } from './output/style.ts';
import { readVersion } from './version.ts';

export interface CommandLine {
  readonly words: readonly string[];
  /** Folder of the user's own job types. */
  readonly jobTypes: string;
  context(flags: { readonly json?: boolean; readonly quiet?: boolean }): Context;
}

export async function runCommandLine(line: CommandLine): Promise<Exit> {
  const { manifests, problems } = await manifestsFor(line);
  // A command that could mean nothing else.
  if (manifests.length === 0 && problems[0] !== undefined) throw problems[0];
  const tree = buildTree({ version: readVersion(), manifests, context: line.context });
  for (const { message, hint } of problems) line.context({}).output.warn(printable(message), hint);
  if (line.words.length === 0) {
    tree.root.outputHelp();
    return 0;
  }
  try {
    await tree.root.parseAsync(line.words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw usageError(error, commandIn(tree.root, line.words));
  }
  return tree.exit();
}

/** Only for what is none of our own commands, and for help, which lists them. */
async function manifestsFor({ words, jobTypes }: CommandLine): Promise<Manifests> {
  const command = words.find((word) => !word.startsWith('-'));
  if (command !== undefined && ownCommands.includes(command)) return { manifests: [], problems: [] };
  const { loadManifests } = await import('./job-types.ts');
  return loadManifests(command, jobTypes, ownCommands);
}

/** What was typed of a command's name, as far as there is one: `token create`. */
function commandIn(root: Command, words: readonly string[]): string {
  const names: string[] = [];
  let command = root;
  for (const word of words.filter((one) => !one.startsWith('-'))) {
    const inner = command.commands.find((candidate) => candidate.name() === word);
    if (inner === undefined) break;
    names.push(word);
    command = inner;
  }
  return names.join(' ');
}

/** commander's own words end with a suggestion in brackets; ours have a message and a hint. */
function usageError(error: CommanderError, command: string): SupervmError {
  const help = `See: supervm ${command === '' ? '' : `${command} `}--help`;
  if (error.code === 'commander.help') return new SupervmError('usage', 'A command is missing.', help);
  const [message = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`;
  return new SupervmError('usage', sentence, suggestion === '' ? help : suggestion.replace(/^\((.*)\)$/, '$1'));
}
