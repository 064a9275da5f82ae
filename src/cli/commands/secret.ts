/** secret set, secret ls, secret rm */
import { isSecretName } from '../../model/cluster-facts.ts';
import { SupervmError } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { spreadText } from '../output/spread-text.ts';
import { oneLine } from '../output/style.ts';
import { table } from '../output/table.ts';
import { momentText } from '../output/units.ts';

/** The value comes from a prompt that shows nothing, or from standard input; an argument could be read by every user of the machine. */
export async function setSecret({ client, output }: Context, name: string): Promise<Exit> {
  // Before the value is asked for, or read from a pipe that cannot be read twice.
  if (!isSecretName(name))
    throw new SupervmError(
      'usage',
      `${JSON.stringify(name)} is no name of a secret.`,
      'It has up to 64 letters, digits, _ - and . and begins with a letter or _, e.g. API_KEY.',
    );
  const { terminal } = output;
  const given = terminal.canAsk ? await terminal.ask(`Value of ${name} (not shown): `, { hidden: true }) : await terminal.read();
  // An `echo` or an editor ends the last line; nobody's password ends in one.
  const value = given.replace(/\r?\n$/, '');
  if (value === '') throw new SupervmError('usage', 'There is no value.', `Type it at the prompt, or: supervm secret set ${name} < FILE`);
  const receipt = await client().call('setSecret', { params: { secret: name }, body: { value } });
  output.show({ human: () => `The secret ${name} is set. ${spreadText(receipt)}`, json: receipt, quiet: name });
  return 0;
}

export async function listSecrets({ client, output }: Context): Promise<Exit> {
  const views = await client().call('secrets');
  const text = (): string => {
    if (views.length === 0) return 'No secrets yet. To set one: supervm secret set NAME';
    return table([['NAME', 'SET', 'BY'], ...views.map(({ name, setAt, by }) => [oneLine(name), momentText(setAt), oneLine(by)])]);
  };
  output.show({ human: text, json: views, quiet: views.map(({ name }) => name).join('\n') });
  return 0;
}

export async function removeSecret({ client, output }: Context, name: string): Promise<Exit> {
  const receipt = await client().call('removeSecret', { params: { secret: name } });
  output.show({ human: () => `The secret ${oneLine(name)} is gone. ${spreadText(receipt)}`, json: receipt, quiet: receipt.name });
  return 0;
}
