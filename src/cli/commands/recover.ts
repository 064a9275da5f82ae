/** recover */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SupervmError } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { countText } from '../output/units.ts';

/** The code is a secret and so never an argument, where every user of the machine could read it. */
export async function recover(context: Context, flags: { readonly file?: string }): Promise<Exit> {
  const { output, client } = context;
  const code = (await readCode(context, flags.file)).trim();
  if (code === '')
    throw new SupervmError('usage', 'There is no recovery code.', 'It was printed when the cluster was founded. Type it, or give it with --file.');
  const receipt = await client().call('recover', { body: { code } });
  output.show({
    human: () =>
      `This machine holds an admin key now, as ${countText(receipt.copies.length, 'machine')} can tell. It can let machines in, remove them, and renews certificates.`,
    json: receipt,
    quiet: '',
  });
  return 0;
}

async function readCode({ output: { terminal }, workingFolder }: Context, file: string | undefined): Promise<string> {
  if (file !== undefined && file !== '-') {
    try {
      return readFileSync(resolve(workingFolder, file), 'utf8');
    } catch (cause) {
      throw new SupervmError('file-missing', `${file} cannot be read: ${(cause as Error).message}`, '', { cause });
    }
  }
  return file === undefined && terminal.canAsk ? terminal.ask('Recovery code: ') : terminal.read();
}
