/** jobs, job, logs, why */
import { SupervmError } from '../../model/errors.ts';
import type { JobPhase } from '../../model/job-state.ts';
import type { Context, Exit } from '../context.ts';
import { jobsText, jobText, logsText, resultsText, whyText } from '../output/job-text.ts';
import { printable, type Style } from '../output/style.ts';

export async function jobs({ client, output }: Context, options: { readonly phase?: string }): Promise<Exit> {
  const phase = options.phase as JobPhase | undefined;
  const views = await client().call('jobs', { query: phase === undefined ? {} : { phase } });
  output.show({ human: (style) => jobsText(views, style), json: views, quiet: views.map((view) => view.id).join('\n') });
  return 0;
}

export async function job({ client, output }: Context, id: string, options: { readonly results?: boolean }): Promise<Exit> {
  if (options.results === true) {
    const results = await client().call('results', { params: { job: id } });
    const files = results.flatMap((result) => result.outputs.map((file) => file.path));
    output.show({ human: (style) => resultsText(results, style), json: results, quiet: files.join('\n') });
    return 0;
  }
  const view = await client().call('job', { params: { job: id } });
  output.show({ human: (style) => jobText(view, style), json: view, quiet: view.phase });
  return 0;
}

export async function logs({ client, output }: Context, id: string, task: string | undefined, flags: { readonly raw?: boolean } = {}): Promise<Exit> {
  if (flags.raw === true && output.terminal.interactive)
    throw new SupervmError('usage', '--raw: what tasks print may hold control sequences, and standard output is a terminal.', rawHint(id, task));
  const views = await client().call('logs', { params: { job: id }, query: task === undefined ? {} : { task } });
  const text = views.flatMap((view) => view.lines).join('\n');
  const human = flags.raw === true ? () => text : (style: Style): string => logsText(views, style);
  output.show({ human, json: views, quiet: flags.raw === true ? text : printable(text) });
  return 0;
}

function rawHint(id: string, task: string | undefined): string {
  return `Write it to a file: supervm logs --raw ${[id, ...(task === undefined ? [] : [task])].join(' ')} > FILE   Without --raw it is shown harmless.`;
}

export async function why({ client, output }: Context, id: string): Promise<Exit> {
  const api = client();
  const view = await api.call('why', { params: { job: id } });
  const about = view.reasons.length === 0 ? await api.call('job', { params: { job: id } }) : undefined;
  output.show({ human: (style) => whyText(view, about, style), json: view, quiet: view.reasons.map((reason) => reason.code).join('\n') });
  return 0;
}
