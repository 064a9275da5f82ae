/** rm */
import type { RemoveReceipt } from '../../api/requests.ts';
import { SupervmError } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { countText, shortId } from '../output/units.ts';

/** Each by itself: one that cannot be removed keeps none of the others. Rejects with the first reason once all were tried. */
export async function remove({ client, output }: Context, ids: readonly string[], options: { readonly force?: boolean }): Promise<Exit> {
  const api = client();
  const removed: RemoveReceipt[] = [];
  let failure: unknown;
  for (const id of new Set(ids)) {
    try {
      removed.push(await api.call('remove', { params: { job: id }, body: { force: options.force === true } }));
    } catch (error) {
      if (!(error instanceof SupervmError) || error.code === 'no-daemon') throw error;
      if (failure !== undefined) output.warn(error.message, error.hint);
      failure ??= error;
    }
  }
  if (removed.length > 0) {
    output.show({
      human: () => removed.map(({ id }) => `Job ${shortId(id)} is removed; what it took on the disks is freed within minutes.`).join('\n'),
      json: removed,
      quiet: removed.map(({ id }) => id).join('\n'),
    });
  }
  const away = [...new Set(removed.flatMap(({ notReached }) => notReached))];
  if (away.length > 0) output.warn(`not reached: ${away.join(', ')}. ${countText(away.length, 'node')} will forget it once back.`);
  if (failure !== undefined) throw failure;
  return 0;
}
