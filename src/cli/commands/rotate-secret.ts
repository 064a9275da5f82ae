/** cluster rotate-secret */
import type { Context, Exit } from '../context.ts';
import { readDuration } from '../duration.ts';
import { oneLine } from '../output/style.ts';
import { momentText } from '../output/units.ts';

export async function rotateSecret({ client, output }: Context, flags: { readonly grace?: string }): Promise<Exit> {
  const seconds = flags.grace === undefined ? undefined : readDuration(flags.grace, '--grace');
  const receipt = await client().call('rotateSecret', { body: { seconds } });
  const told = receipt.told.length === 0 ? 'No other machine is here.' : `Told: ${receipt.told.map(oneLine).join(', ')}.`;
  output.show({
    human: () =>
      `The cluster has a new secret, number ${receipt.number}. ${told} Machines that are off come back by the old one until ${momentText(receipt.until)}.`,
    json: receipt,
    quiet: String(receipt.number),
  });
  return 0;
}
