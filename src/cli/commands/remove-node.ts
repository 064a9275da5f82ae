/** node remove */
import { SupervmError, stoppedExits } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { oneLine } from '../output/style.ts';
import { countText } from '../output/units.ts';

/** For ever, so it asks. Rejects with `usage` where nobody can be asked. */
export async function removeNode({ client, output }: Context, node: string, flags: { readonly yes?: boolean }): Promise<Exit> {
  if (flags.yes !== true) {
    const warning = `${node} will be cut off at once and stays out for ever; its tasks go to the others. What it has read it keeps.`;
    if (!output.terminal.canAsk) throw new SupervmError('usage', warning, `If that is meant: supervm node remove --yes ${node}`);
    const answer = await output.terminal.ask(`${warning} Remove it? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) {
      output.note('Nothing was changed.');
      return stoppedExits.interrupted;
    }
  }
  const receipt = await client().call('removeNode', { params: { node } });
  const name = oneLine(receipt.name);
  output.show({
    human: () => `${name} is removed, which ${countText(receipt.copies.length, 'machine')} can tell already; the others can once they are back.`,
    json: receipt,
    quiet: receipt.node,
  });
  for (const { message, hint } of receipt.warnings) output.warn(`${name}: ${message}`, hint);
  return 0;
}
