/** jobs, job, logs, why */
import type { JobPhase } from '../../model/job-state.ts';
import type { Context, Exit } from '../context.ts';
import { jobsText, jobText, logsText, resultsText, whyText } from '../output/job-text.ts';

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

export async function logs({ client, output }: Context, id: string, task: string | undefined): Promise<Exit> {
  const views = await client().call('logs', { params: { job: id }, query: task === undefined ? {} : { task } });
  output.show({ human: (style) => logsText(views, style), json: views, quiet: views.flatMap((view) => view.lines).join('\n') });
  return 0;
}

export async function why({ client, output }: Context, id: string): Promise<Exit> {
  const api = client();
  const view = await api.call('why', { params: { job: id } });
  const about = view.reasons.length === 0 ? await api.call('job', { params: { job: id } }) : undefined;
  output.show({ human: (style) => whyText(view, about, style), json: view, quiet: view.reasons.map((reason) => reason.code).join('\n') });
  return 0;
}
