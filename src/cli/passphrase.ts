/** The passphrase of a machine whose keys are encrypted: typed without being shown, or read from a file; never an argument or a variable. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SupervmError } from '../model/errors.ts';
import type { DaemonSettings } from '../settings/daemon-settings.ts';
import type { HomeKeys } from '../settings/home-keys.ts';
import { programFile } from '../settings/program-files.ts';
import type { Context } from './context.ts';

export interface Passphrase {
  readonly text: string;
  /** That it came from, which the daemon then reads itself; what was typed, or came from standard input, it gets over a pipe. */
  readonly file: string | undefined;
}

export interface EncryptFlag {
  readonly encrypt?: boolean;
}

type Asking = Pick<Context, 'paths' | 'output' | 'workingFolder'>;

/**
 * Undefined where nothing is encrypted and nothing is to be. With `encrypt` the keys of this home are encrypted now, before any other is made.
 * Throws `passphrase-missing`, `passphrase-wrong`, `file-missing`, `daemon-exists`; then nothing has changed.
 */
export async function homePassphrase(context: Asking, settings: Pick<DaemonSettings, 'passphraseFile'>, encrypt = false): Promise<Passphrase | undefined> {
  const { paths } = context;
  const isEncrypted = existsSync(paths.encryption);
  if (!isEncrypted && !encrypt) {
    // Whoever names one may believe that they are.
    if (settings.passphraseFile !== undefined)
      context.output.warn('The keys of this machine are not encrypted: the passphrase is not used.', 'supervm up --encrypt');
    return undefined;
  }
  const keys = await loadHomeKeys();
  const file = settings.passphraseFile;
  const text = isEncrypted ? await readPassphrase(context, file) : await newPassphrase(context, file);
  if (isEncrypted) keys.assertOpens(paths, text);
  else keys.encrypt(paths, text);
  return { text, file: file === '-' ? undefined : file };
}

/** Throws `daemon-exists`: a daemon that runs would go on writing in plain. */
export function assertNotToEncrypt({ paths }: Pick<Context, 'paths'>, encrypt = false): void {
  if (!encrypt || existsSync(paths.encryption)) return;
  throw new SupervmError(
    'daemon-exists',
    'The daemon of this machine runs; its keys cannot be encrypted meanwhile.',
    'supervm down, then: supervm up --encrypt',
  );
}

export async function readPassphrase(context: Asking, file: string | undefined, prompt = 'Passphrase of this machine (not shown): '): Promise<string> {
  if (file !== undefined) return fromFile(context, file);
  return ask(context, prompt);
}

/** At a terminal it is typed twice. */
export async function newPassphrase(context: Asking, file: string | undefined): Promise<string> {
  if (file !== undefined) return fromFile(context, file);
  const first = await ask(context, 'New passphrase (not shown): ');
  if (first !== (await ask(context, 'The same again: '))) throw new SupervmError('usage', 'The two passphrases differ. Nothing has changed.', 'Try again.');
  return first;
}

export async function loadHomeKeys(): Promise<HomeKeys> {
  return (await import(programFile('daemon/home-keys.ts'))) as HomeKeys;
}

async function ask({ output: { terminal } }: Asking, prompt: string): Promise<string> {
  if (!terminal.canAsk)
    throw new SupervmError(
      'passphrase-missing',
      'The keys of this machine need a passphrase, and nobody can be asked for it here.',
      'Name a file that holds it: --passphrase-file FILE, or the variable SUPERVM_PASSPHRASE_FILE; - is standard input.',
    );
  const text = await terminal.ask(prompt, { hidden: true });
  if (text === '') throw new SupervmError('passphrase-missing', 'No passphrase was typed. Nothing has changed.', 'Try again.');
  return text;
}

async function fromFile({ output: { terminal }, workingFolder }: Asking, file: string): Promise<string> {
  const text = file === '-' ? await terminal.read() : readText(resolve(workingFolder, file));
  // An editor ends the last line; no passphrase ends in a line's end.
  const passphrase = text.replace(/\r?\n$/, '');
  if (passphrase === '')
    throw new SupervmError('passphrase-missing', `There is no passphrase in ${file === '-' ? 'standard input' : file}.`, 'Write it into one line.');
  return passphrase;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const hint = 'Name a readable file with --passphrase-file, or leave it out to be asked.';
    throw new SupervmError('file-missing', `the passphrase file ${file} cannot be read: ${(cause as Error).message}`, hint, { cause });
  }
}
