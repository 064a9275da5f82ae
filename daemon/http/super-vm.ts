/** The routes below /api/super-vm: the cluster as one computer, in the form that users of such systems send. */
import type { MetricsView, SubmitRequest, SuperVmRender } from '../../src/api/requests.ts';
import { isSettled } from '../../src/api/settled.ts';
import type { JobView } from '../../src/api/views.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { JsonObject } from '../../src/model/job.ts';
import type { JobPhase } from '../../src/model/job-state.ts';
import { jobPhase, jobTally } from '../../src/model/phase.ts';
import type { Answers } from './api-service.ts';
import { watchJob } from './job-watch.ts';
import type { ApiParts } from './parts.ts';
import { fenceFor } from './path-fence.ts';

/** What `quality` means in samples a pixel. A number is taken as it is. */
const samplesOfQuality: { readonly [quality: string]: number } = { draft: 16, low: 32, medium: 128, high: 512, ultra: 2048 };

export function superVm(parts: ApiParts): Pick<Answers, 'superVmMetrics' | 'superVmRender'> {
  const { needs, book } = parts;
  return {
    superVmMetrics: () => metrics(parts),
    superVmRender: async ({ body, query, progress, signal, caller }) => {
      await book.refresh();
      const receipt = await needs.submitter.submit(renderRequest(body), progress, signal, fenceFor(caller, needs.tcp?.folders ?? []));
      const state = receipt.id === undefined ? undefined : needs.journal.job(receipt.id);
      let job = state === undefined ? undefined : await book.view(state);
      if (state !== undefined && query.wait !== undefined && query.wait !== '0') job = (await waitFor(parts, state.id, signal)) ?? job;
      return { jobId: receipt.id, job, receipt };
    },
  };
}

/** Throws `bad-setting` for half a range or an unknown quality. */
function renderRequest(body: SuperVmRender): SubmitRequest {
  const { sceneFile, frameStart, frameEnd, options = {} } = body;
  const { quality, ...rest } = options;
  if ((frameStart === undefined) !== (frameEnd === undefined)) {
    throw new SupervmError('bad-setting', 'frameStart and frameEnd belong together.', 'Give both, or neither for the range of the scene.');
  }
  const settings: JsonObject = {
    sceneFile,
    ...rest,
    ...(frameStart === undefined ? {} : { frames: frameStart === frameEnd ? `${frameStart}` : `${frameStart}-${frameEnd}` }),
    ...(quality === undefined ? {} : { samples: samplesOf(quality) }),
  };
  const folder = sceneFile.slice(0, sceneFile.lastIndexOf('/')) || '/';
  return { type: 'render', settings, folder, outputFolder: body.outputFolder };
}

function samplesOf(quality: string | number | boolean): number {
  const samples = typeof quality === 'number' ? quality : samplesOfQuality[String(quality).toLowerCase()];
  if (samples === undefined)
    throw new SupervmError(
      'bad-setting',
      `options.quality: ${JSON.stringify(quality)} is not known.`,
      `One of ${Object.keys(samplesOfQuality).join(', ')}, or a number of samples.`,
    );
  return samples;
}

async function waitFor(parts: ApiParts, id: string, signal: AbortSignal): Promise<JobView | undefined> {
  let last: JobView | undefined;
  const needs = { ...parts.needs, book: parts.book, feed: parts.feed };
  const take = (event: { readonly type: string; readonly view?: JobView }): void => {
    if (event.type === 'progress') last = event.view;
  };
  const ended = new AbortController();
  try {
    await watchJob(needs, id, AbortSignal.any([signal, ended.signal]), take, isSettled);
  } finally {
    ended.abort();
  }
  return last;
}

async function metrics(parts: ApiParts): Promise<MetricsView> {
  const { membership, journal } = parts.needs;
  const { pid: _, ...held } = parts.needs.process();
  const count = (reachability: string): number => membership.members().filter((member) => member.reachability === reachability).length;
  const jobs: { [phase in JobPhase]?: number } = {};
  const running = (await parts.overviews.latest()).reduce((sum, overview) => sum + overview.running.length, 0);
  const tasks = { kept: 0, running, pending: 0, failed: 0 };
  let taskSeconds = 0;
  for (const state of journal.jobs().values()) {
    const phase = jobPhase(state);
    jobs[phase] = (jobs[phase] ?? 0) + 1;
    const tally = jobTally(state);
    tasks.kept += tally.kept;
    tasks.failed += tally.failed;
    if (phase === 'active' || phase === 'paused') tasks.pending += tally.pending;
    for (const result of state.results.values()) taskSeconds += result.report.seconds;
  }
  return {
    ...held,
    nodes: { alive: count('alive'), suspect: count('suspect'), unreachable: count('unreachable') },
    jobs,
    tasks,
    taskSeconds,
  };
}
