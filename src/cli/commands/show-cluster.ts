/** status, nodes, node */
import { SupervmError, stoppedExits } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { nodesText, statusText } from '../output/cluster-text.ts';

export async function status({ client, output }: Context): Promise<Exit> {
  const view = await client().call('status');
  output.show({ human: (style) => statusText(view, style), json: view, quiet: String(view.totals.nodes) });
  return 0;
}

export async function nodes({ client, output }: Context): Promise<Exit> {
  const views = await client().call('nodes');
  output.show({ human: (style) => nodesText(views, style), json: views, quiet: views.map((node) => node.name).join('\n') });
  return 0;
}

export async function pauseNode({ client, output }: Context, name: string | undefined, paused: boolean): Promise<Exit> {
  const api = client();
  const node = name ?? (await api.call('status')).node;
  const view = await api.call(paused ? 'pauseNode' : 'unpauseNode', { params: { node } });
  const again = view.paused ? `${view.name} is being drained and takes no tasks; it is not paused besides.` : `${view.name} takes tasks again.`;
  const text = paused ? `${view.name} takes no new tasks. Again: supervm node unpause ${view.name}` : again;
  output.show({ human: () => text, json: view, quiet: view.name });
  return 0;
}

export interface ForgetFlags {
  readonly yes?: boolean;
  readonly acceptLoss?: boolean;
}

/** A voter is missed until somebody who knows says that it will not return. Rejects with `usage` where nobody can be asked. */
export async function forgetNode({ client, output }: Context, node: string, flags: ForgetFlags): Promise<Exit> {
  const acceptLoss = flags.acceptLoss === true;
  const agreed = flags.yes === true || acceptLoss;
  const warning = `If ${node} lives on elsewhere, cut off from here, two coordinators may each believe to be the only one, what must not happen twice may happen twice, and a result already shown may be replaced by another.`;
  const advice = 'Make sure that it is switched off or wiped. Should it come back, it is let in again by itself.';
  if (!agreed && !output.terminal.canAsk) throw new SupervmError('usage', `${warning} ${advice}`, `If that is so: supervm node forget --yes ${node}`);
  output.warn(warning, advice);
  if (acceptLoss) output.warn('Results and outcomes that only machines out of reach have are decided anew, also those that were told to be settled.');
  if (!agreed) {
    const answer = await output.terminal.ask(`Forget ${node}? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) {
      output.note('Nothing was changed.');
      return stoppedExits.interrupted;
    }
  }
  const receipt = await client().call('forgetNode', { params: { node }, ...(acceptLoss ? { body: { acceptLoss } } : {}) });
  output.show({ human: () => `${node} votes no longer. Voters: ${receipt.voters.join(', ')}.`, json: receipt, quiet: receipt.voters.join('\n') });
  return 0;
}
