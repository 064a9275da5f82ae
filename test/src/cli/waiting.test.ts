/** Commands that follow a job, against a server whose job the test moves. */
import { describe, expect, test } from 'vitest';
import type { ApiService } from '../../../daemon/http/api-service.ts';
import type { EventView, JobView } from '../../../src/api/views.ts';
import { startApiServer } from '../../support/api-server.ts';
import { doneView, fakeApi, partlyFailedView, receiptOf, sampleId, viewOf } from '../../support/fake-api.ts';
import { runCli, startCli } from '../../support/run-cli.ts';

const short = sampleId.slice(0, 8);

/** Shows `views` one after the other and then nothing more. */
function jobApi(views: readonly JobView[], answers: Partial<ApiService> = {}): ApiService {
  const jobEvents = async ({ signal }: { readonly signal: AbortSignal }, emit: (event: EventView) => void): Promise<void> => {
    for (const view of views) emit({ type: 'progress', job: sampleId, view });
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
  const job = async (): Promise<JobView> => views[0] as JobView;
  return fakeApi({ job, submit: async () => receiptOf(), ...answers }, { jobEvents });
}

/** The job as it is asked for: open, ended, and at last settled. */
function laterSettled(): () => Promise<JobView> {
  const views = [viewOf(), { ...doneView, settled: false }, { ...doneView, settled: false }, doneView];
  return async () => (views.length > 1 ? views.shift() : views[0]) as JobView;
}

describe('the exit code is the outcome', () => {
  const outcomes: readonly [JobView['phase'], number][] = [
    ['succeeded', 0],
    ['failed', 1],
    ['cancelled', 1],
    ['partly-failed', 7],
  ];
  test.each(outcomes)('%s: %d', async (phase, code) => {
    await using server = await startApiServer(jobApi([viewOf(), { ...doneView, phase }]));
    expect(await runCli(server.home, ['wait', short])).toMatchObject({ code });
  });
});

test('render waits, says where the job is stored and where its frames are', async () => {
  await using server = await startApiServer(jobApi([viewOf(), doneView]));
  const { code, stdout, stderr } = await runCli(server.home, ['render', 'a.blend']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Job ${short}: cube, 4 tasks (3 input files, 2.0 KiB); stored on 3 machines.`);
  expect(stdout).toContain(`${short} 1 of 4 done, 1 running, about 12 s left`);
  expect(stdout).toContain('done: 4 of 4 in /out');
});

test('the one JSON document of a submission that waits says too what was said at its start', async () => {
  const warnings = [{ code: 'no-gpu', message: 'no node has a GPU', hint: '' }];
  const notes = ['--quality draft sets nothing.'];
  const submit = async () => receiptOf({ warnings, notes, copies: ['host-a'] });
  await using server = await startApiServer(jobApi([viewOf(), doneView], { submit }));
  const { code, stdout } = await runCli(server.home, ['render', 'a.blend', '--copies', '2', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ phase: 'succeeded', submission: { warnings, notes, copies: ['host-a'], copiesAsked: 2 } });
});

test('an outcome is told once most of the voters have it, and JSON says so', async () => {
  await using server = await startApiServer(jobApi([viewOf(), { ...doneView, settled: false }], { job: laterSettled() }));
  const { code, stdout } = await runCli(server.home, ['wait', short, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ phase: 'succeeded', settled: true });
});

test('an outcome of a degraded term is told at once, and as that', async () => {
  const degraded = { ...doneView, settled: false, degraded: true };
  await using server = await startApiServer(jobApi([viewOf(), degraded]));
  const { code, stdout } = await runCli(server.home, ['wait', short]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/done: 4 of 4 in \/out\ndegraded: most of the voters were out of reach/);
});

test('render --detach returns with the id', async () => {
  await using server = await startApiServer(jobApi([viewOf()]));
  expect(await runCli(server.home, ['render', 'a.blend', '--detach', '--quiet'])).toEqual({ code: 0, stdout: `${sampleId}\n`, stderr: '' });
  const { stdout } = await runCli(server.home, ['render', 'a.blend', '--detach', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ id: sampleId, copies: ['host-a', 'host-b', 'host-c'] });
});

test('fewer copies than wanted are told as such', async () => {
  await using server = await startApiServer(jobApi([doneView], { submit: async () => receiptOf({ copies: ['host-a'] }) }));
  expect((await runCli(server.home, ['render', 'a.blend', '--detach'])).stdout).toContain('stored on 1 of 3 machines');
});

test('a job that was asked to be on more machines than there are is taken, and that is said', async () => {
  const bodies: unknown[] = [];
  const submit = async ({ body }: { readonly body: unknown }) => {
    bodies.push(body);
    return receiptOf({ copies: ['host-a'] });
  };
  await using server = await startApiServer(jobApi([doneView], { submit }));
  const { code, stderr } = await runCli(server.home, ['render', 'a.blend', '--detach', '--copies', '2', '--copies-timeout', '5']);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('the job is taken, but on 1 machine of the 2 asked for') });
  expect(bodies).toMatchObject([{ copies: 2, copiesSeconds: 5 }]);
  expect(await runCli(server.home, ['render', 'a.blend', '--copies', 'two'])).toMatchObject({ code: 2 });
});

test('what a job asks of cores is sent as it was said, and numbers that are none are refused', async () => {
  const bodies: unknown[] = [];
  const submit = async ({ body }: { readonly body: unknown }) => {
    bodies.push(body);
    return receiptOf();
  };
  await using server = await startApiServer(jobApi([doneView], { submit }));
  expect(await runCli(server.home, ['render', 'a.blend', '--detach', '--cores', '2', '--exclusive'])).toMatchObject({ code: 0 });
  expect(bodies).toMatchObject([{ cores: 2, exclusive: true }]);
  expect(await runCli(server.home, ['render', 'a.blend', '--cores', '0'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--cores') });
});

test('warnings of the submission are shown', async () => {
  const warnings = [
    { code: 'program-missing', message: 'No node can run step render as things are: n1 has no blender.', hint: 'The job waits until a node has blender.' },
  ];
  await using server = await startApiServer(jobApi([doneView], { submit: async () => receiptOf({ warnings }) }));
  expect((await runCli(server.home, ['render', 'a.blend'])).stderr).toContain('warning: No node can run step render');
});

test('nothing left to do is a success', async () => {
  await using server = await startApiServer(jobApi([doneView], { submit: async () => receiptOf({ id: undefined, tasks: 0, skipped: 4 }) }));
  expect(await runCli(server.home, ['render', 'a.blend', '--skip-existing'])).toMatchObject({ code: 0, stdout: 'Nothing to do: all 4 files exist in /out.\n' });
});

test('a failed task is named with its log and the way to repeat it', async () => {
  await using server = await startApiServer(jobApi([viewOf(), partlyFailedView]));
  const { code, stdout } = await runCli(server.home, ['wait', short]);
  expect(code).toBe(7);
  expect(stdout).toContain('failed: render frame=42 on n2 after 3 attempts: plate_0042.png is damaged');
  expect(stdout).toContain('Error: plate_0042.png');
  expect(stdout).toContain(`supervm retry ${short}`);
});

test('results that cannot be written end the waiting with the cause and the way to have them', async () => {
  const problem = { code: 'disk-full', message: 'No room is left.' };
  await using server = await startApiServer(jobApi([viewOf({ deliveryComplete: false }), { ...doneView, deliveryComplete: false, deliveryProblem: problem }]));
  const { code, stderr } = await runCli(server.home, ['wait', short]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/No room is left[\s\S]*supervm get 3f2a9c1b/);
});

test('an ended job whose files are still on their way is not over', async () => {
  await using server = await startApiServer(
    jobApi([
      { ...doneView, deliveryComplete: false },
      { ...doneView, delivered: 4 },
    ]),
  );
  expect(await runCli(server.home, ['wait', short])).toMatchObject({ code: 0, stdout: expect.stringContaining('done: 4 of 4') });
});

test('--timeout ends the waiting with 6; the job goes on', async () => {
  await using server = await startApiServer(jobApi([viewOf()]));
  const { code, stderr } = await runCli(server.home, ['wait', short, '--timeout', '0.2']);
  expect(code).toBe(6);
  expect(stderr).toContain(`supervm cancel ${short}`);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s detaches with %d and says how to follow or end the job', async (signal, code) => {
  await using server = await startApiServer(jobApi([viewOf()]));
  const cli = startCli(server.home, ['render', 'a.blend']);
  await cli.until('1 of 4 done');
  cli.child.kill(signal);
  const ended = await cli.ended;
  expect(ended.code).toBe(code);
  expect(ended.stderr).toBe(`Job ${short} goes on. Follow: supervm wait ${short}   End it: supervm cancel ${short}\n`);
});

test('a daemon that comes back is followed again', async () => {
  let calls = 0;
  const { promise: seen, resolve } = Promise.withResolvers<void>();
  const jobEvents = async ({ signal }: { readonly signal: AbortSignal }, emit: (event: EventView) => void): Promise<void> => {
    calls += 1;
    emit({ type: 'progress', job: sampleId, view: calls === 1 ? viewOf() : doneView });
    resolve();
    // The first stream breaks off, as if the daemon had been killed.
    if (calls > 1) await new Promise((done) => signal.addEventListener('abort', done));
  };
  await using server = await startApiServer(fakeApi({ job: async () => viewOf() }, { jobEvents }));
  const cli = startCli(server.home, ['wait', short]);
  await seen;
  expect(await cli.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('done: 4 of 4') });
  expect(calls).toBe(2);
});
