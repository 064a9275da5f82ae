/** cancel, retry, pause, resume, get */
import { resolve } from 'node:path';
import { hasEnded } from '../../api/settled.ts';
import type { JobView } from '../../api/views.ts';
import type { Context, Exit } from '../context.ts';
import { callProgress } from '../output/call-progress.ts';
import { phaseText } from '../output/job-text.ts';
import { progressLine } from '../output/progress-text.ts';
import type { Style } from '../output/style.ts';
import { bytesText, countText, shortId } from '../output/units.ts';

export async function cancel({ client, output }: Context, id: string): Promise<Exit> {
  const receipt = await client().call('cancel', { params: { job: id } });
  const view = receipt.job;
  output.show({
    human: (style) => cancelText(view, style),
    json: receipt,
    quiet: view.id,
  });
  if (receipt.notReached.length > 0)
    output.warn(
      `not reached: ${receipt.notReached.join(', ')}. They may finish what they have, and the job if most voters are there; once they are back nothing more is kept.`,
    );
  return 0;
}

function cancelText(view: JobView, style: Style): string {
  if (view.phase === 'cancelled') return `Job ${shortId(view.id)} is cancelled (${progressLine(view)}).`;
  if (hasEnded(view)) return `Job ${shortId(view.id)} had ended before: ${phaseText(view, style)}.`;
  return `Job ${shortId(view.id)} is being cancelled: nothing of it starts any more. A coordinator will say how it ended; see: supervm job ${shortId(view.id)}`;
}

export async function retry({ client, output }: Context, id: string): Promise<Exit> {
  const view = await client().call('retry', { params: { job: id } });
  output.show({
    human: () =>
      `Job ${shortId(view.id)} runs again what has no result: ${countText(view.tasks.total - view.tasks.kept, 'task')}. Follow: supervm wait ${shortId(view.id)}`,
    json: view,
    quiet: view.id,
  });
  return 0;
}

export async function setPaused({ client, output }: Context, id: string, paused: boolean): Promise<Exit> {
  const view = await client().call(paused ? 'pause' : 'resume', { params: { job: id } });
  const text = paused ? `Job ${shortId(view.id)} starts no more tasks. Go on: supervm resume ${shortId(view.id)}` : `Job ${shortId(view.id)} goes on.`;
  output.show({ human: () => text, json: view, quiet: view.id });
  return 0;
}

export interface GetOptions {
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly skipExisting?: boolean;
}

export async function get({ client, output, workingFolder, signal }: Context, id: string, options: GetOptions): Promise<Exit> {
  const api = client();
  const view = await api.call('job', { params: { job: id } });
  const folder = resolve(workingFolder, options.output ?? `${view.name}-${shortId(view.id)}`);
  const existing = options.overwrite === true ? 'overwrite' : options.skipExisting === true ? 'skip' : 'refuse';
  const progress = callProgress(output);
  const receipt = await api.follow('deliver', { params: { job: view.id }, body: { folder, existing } }, progress.show, signal).finally(progress.end);
  const skipped = receipt.skipped === 0 ? '' : `, ${receipt.skipped} there already`;
  output.show({
    human: () => `${countText(receipt.files, 'file')} (${bytesText(receipt.bytes)}) written to ${receipt.folder}${skipped}.`,
    json: receipt,
    quiet: receipt.folder,
  });
  if (receipt.missing > 0) {
    output.warn(`${countText(receipt.missing, 'task')} of the job ${receipt.missing === 1 ? 'has' : 'have'} no result${hasEnded(view) ? '' : ' yet'}.`);
  }
  return 0;
}
