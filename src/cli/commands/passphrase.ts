/** passphrase */
import { existsSync } from 'node:fs';
import { SupervmError } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { daemonSettings } from '../daemon-flags.ts';
import { loadHomeKeys, newPassphrase, readPassphrase } from '../passphrase.ts';

export interface PassphraseFlags {
  readonly passphraseFile?: string;
  readonly newFile?: string;
  readonly remove?: boolean;
}

export async function passphrase(context: Context, flags: PassphraseFlags): Promise<Exit> {
  const { paths, output } = context;
  if (!existsSync(paths.encryption))
    throw new SupervmError('usage', 'The keys of this machine are not encrypted.', 'To encrypt them: supervm down, then: supervm up --encrypt');
  if (flags.remove === true && flags.newFile !== undefined)
    throw new SupervmError('usage', '--remove takes the passphrase away, so there is no other for --new-file.', 'Give one of the two.');
  const { passphraseFile } = daemonSettings(context, flags.passphraseFile === undefined ? {} : { passphraseFile: flags.passphraseFile });
  const keys = await loadHomeKeys();
  const old = await readPassphrase(context, passphraseFile, 'Passphrase until now (not shown): ');
  // Before another one is asked for.
  keys.assertOpens(paths, old);
  if (flags.remove === true) keys.layOpen(paths, old);
  else keys.change(paths, { old, next: await newPassphrase(context, flags.newFile) });
  const encrypted = flags.remove !== true;
  const text = encrypted
    ? 'The keys of this machine open with the new passphrase alone. Where a file or a service holds the old one, put the new one there.'
    : 'The keys of this machine are in plain again, for whoever reads its disk.';
  output.show({ human: () => text, json: { encrypted }, quiet: '' });
  return 0;
}
