/** The real command line against a real server; only what stands behind its routes is the test's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiService } from '../../../daemon/http/api-service.ts';
import { errorKinds, SupervmError } from '../../../src/model/errors.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { doneView, fakeApi, nodeView, partlyFailedView, receiptOf, sampleId, sampleStatus, viewOf } from '../../support/fake-api.ts';
import { type Ended, runCli, runHere } from '../../support/run-cli.ts';

const short = sampleId.slice(0, 8);
const controlCode = new RegExp(String.fromCharCode(27));

describe('the three outputs of a command', () => {
  let server: ApiServer;
  const logs = [{ task: 'render frame=42', attempt: 1, nodeName: 'n2', outcome: 'failed', message: 'damaged', lines: ['Error: plate'], at: 0 }] as const;
  const results = [
    {
      task: 'render frame=1',
      attempt: doneView.running[0]?.attempt as never,
      nodeName: 'n1',
      process: 77,
      seconds: 2,
      outputs: [{ path: 'f1.png', digest: 'd', size: 9 }],
      warnings: ['f1.png is black all over'],
    },
  ];
  const reasons = [
    {
      code: 'no-program',
      tasks: 4,
      message: 'no node has blender.',
      hint: 'To install: apt install blender',
      nodes: [{ name: 'n1', reason: 'has no blender' }],
    },
  ];
  const answers: Partial<ApiService> = {
    status: async () => sampleStatus,
    nodes: async () => sampleStatus.nodes,
    jobs: async () => [doneView, viewOf()],
    job: async () => partlyFailedView,
    logs: async () => logs,
    results: async () => results,
    why: async () => ({ job: sampleId, reasons }),
    remove: async ({ params }) => {
      if (params.job !== short) throw new SupervmError('job-not-found', `No job has an id that begins with ${params.job}.`);
      return { id: sampleId, copies: ['host-a'], notReached: ['n3'] };
    },
    cancel: async () => ({ job: viewOf({ phase: 'cancelled' }), notReached: ['n3'] }),
    retry: async () => viewOf(),
    pause: async () => viewOf({ phase: 'paused' }),
    resume: async () => viewOf(),
    pauseNode: async () => nodeView('n1', { paused: true }),
    unpauseNode: async () => nodeView('n1'),
    forgetNode: async ({ params, body }) => {
      if (params.node === 'last' && body?.acceptLoss !== true)
        throw new SupervmError('could-undo', 'that could undo what was settled', 'If all is lost: supervm node forget last --accept-loss');
      return { node: 'n3', voters: ['n1', 'n2'] };
    },
    removeNode: async ({ params }) => ({ node: `id of ${params.node}`, name: params.node, copies: ['host-a', 'host-b'], warnings: [] }),
    rotateSecret: async () => ({ number: 2, until: 0, told: ['n2'] }),
    recover: async () => ({ copies: ['host-a'] }),
    invite: async () => ({ id: '0123456789abcdef', line: 'supervm-invite:abc', expiresAt: 0 }),
    loginCode: async ({ body }) => ({ code: 'svml_1', role: body?.role ?? 'admin', expiresAt: 0 }),
    deliver: async ({ body }) => ({ folder: body.folder, files: 3, bytes: 2048, skipped: 1, missing: 1 }),
  };

  beforeAll(async () => {
    server = await startApiServer(fakeApi(answers));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const commands: readonly [readonly string[], RegExp, string, string][] = [
    [['status'], /2 nodes.*8 cores.*16\.0 GiB[\s\S]*coordinator\s+n2 \(term 7, quorate\)[\s\S]*kept on 2 machines[\s\S]*22 waiting/, '2\n', 'totals'],
    [['nodes'], /n1 \(here\)\s+alive[\s\S]*blender 3\.4\.1/, 'n1\nn2\n', 'inventory'],
    [['jobs'], /3f2a9c1b\s+cube\s+render\s+succeeded\s+4\/4/, `${sampleId}\n${sampleId}\n`, 'phase'],
    [
      ['job', short],
      /partly-failed[\s\S]*frame=42 on n2 after 3 attempts: plate_0042\.png is damaged[\s\S]*supervm retry 3f2a9c1b/,
      'partly-failed\n',
      'failures',
    ],
    [['job', short, '--results'], /render frame=1\s+n1\s+77[\s\S]*warning: render frame=1: f1\.png is black all over/, 'f1.png\n', 'outputs'],
    [['logs', short], /frame=42 {2}attempt 1 on n2 {2}failed: damaged\n {4}Error: plate/, 'Error: plate\n', 'lines'],
    [['logs', short, '--raw'], /^Error: plate\n$/, 'Error: plate\n', 'lines'],
    [['why', short], /no-program: no node has blender\.\n {2}To install: apt install blender\n {4}n1 has no blender/, 'no-program\n', 'reasons'],
    [['cancel', short], /cancelled/, `${sampleId}\n`, 'notReached'],
    [['rm', short], /is removed/, `${sampleId}\n`, 'notReached'],
    [['retry', short], /3 tasks\. Follow: supervm wait 3f2a9c1b/, `${sampleId}\n`, 'generation'],
    [['pause', short], /supervm resume 3f2a9c1b/, `${sampleId}\n`, 'phase'],
    [['resume', short], /goes on/, `${sampleId}\n`, 'phase'],
    [['node', 'pause', 'n1'], /supervm node unpause n1/, 'n1\n', 'paused'],
    [['node', 'unpause', 'n1'], /takes tasks again/, 'n1\n', 'paused'],
    [['node', 'forget', 'n3', '--yes'], /n3 votes no longer. Voters: n1, n2/, 'n1\nn2\n', 'voters'],
    [['cluster', 'rotate-secret', '--grace', '1h'], /new secret, number 2. Told: n2/, '2\n', 'until'],
    [['node', 'remove', 'n3', '--yes'], /n3 is removed, which 2 machines can tell/, 'id of n3\n', 'copies'],
    [['invite', '--uses', '3', '--expires', '1h'], /^supervm-invite:abc$/m, 'supervm-invite:abc\n', 'line'],
    [['invite'], /^supervm-invite:abc$/m, 'supervm-invite:abc\n', 'line'],
    [['get', short, '-o', '/tmp/elsewhere'], /3 files \(2\.0 KiB\) written to \/tmp\/elsewhere, 1 there already/, '/tmp/elsewhere\n', 'files'],
    [['api', '/health'], /^\{\n {2}"ok": true/, '{\n  "ok": true,\n  "node": "a",\n  "version": "0"\n}\n', 'ok'],
    [['login', '--role', 'viewer'], /^svml_1\nGood once, within a minute, for a session as viewer/, 'svml_1\n', 'code'],
    [['explain', 'no-daemon'], /No daemon runs here[\s\S]*exit code 5/, '5\n', 'exit'],
  ];

  test.each(commands)('%j', async (words, human, quiet, member) => {
    const outputs = [words, [...words, '--json'], [...words, '--quiet']].map((typed) => runHere(server.home, typed));
    const [people, json, script] = (await Promise.all(outputs)) as [Ended, Ended, Ended];
    expect(people).toMatchObject({ code: 0, stdout: expect.stringMatching(human) });
    expect(people.stdout + people.stderr).not.toMatch(controlCode);
    expect(json).toMatchObject({ code: 0, stderr: '' });
    const value = JSON.parse(json.stdout) as object;
    expect(Array.isArray(value) ? value[0] : value).toHaveProperty(member);
    expect(script).toMatchObject({ code: 0, stdout: quiet, stderr: '' });
  });

  test('of several jobs to remove each is tried, and what failed is told', async () => {
    const { code, stdout, stderr } = await runCli(server.home, ['rm', 'beef', short]);
    expect(code).toBe(3);
    expect(stdout).toContain('is removed');
    expect(stderr).toContain('begins with beef');
    expect(stderr).toContain('not reached: n3');
  });

  test('who cancels is told which nodes do not know yet', async () => {
    expect((await runHere(server.home, ['cancel', short])).stderr).toContain('not reached: n3');
  });

  test('before a voter is forgotten one is warned, and without anybody to ask only --yes forgets it', async () => {
    const refused = await runCli(server.home, ['node', 'forget', 'n3']);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/switched off or wiped[\s\S]*node forget --yes n3/) });
    expect((await runHere(server.home, ['node', 'forget', 'n3', '--yes'])).stderr).toContain('lives on elsewhere');
    const refusedOnce = await runCli(server.home, ['node', 'forget', 'last', '--yes']);
    expect(refusedOnce).toMatchObject({ code: 4, stderr: expect.stringContaining('supervm node forget last --accept-loss') });
    const overruled = await runHere(server.home, ['node', 'forget', 'last', '--accept-loss']);
    expect(overruled).toMatchObject({ code: 0, stderr: expect.stringContaining('also those that were told to be settled') });
  });

  test('nobody reading any more ends a command quietly', async () => {
    const main = join(import.meta.dirname, '../../../src/main.ts');
    const child = spawn(process.execPath, [main, 'nodes', '--json'], { env: { SUPERVM_HOME: server.home }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
  });
});

describe('without a daemon', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'svm-none-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test('exit 5 and what to type', async () => {
    expect(await runCli(home, ['status'])).toEqual({ code: 5, stdout: '', stderr: 'error: No daemon runs here.\n  Start it with: supervm up\n' });
  });

  test.each([['jobs'], ['wait', 'abc'], ['render', 'a.blend'], ['invite']])('%s says so too', async (...words) => {
    await expect(runHere(home, words)).rejects.toMatchObject({ code: 'no-daemon', hint: 'Start it with: supervm up' });
  });

  test('--json tells the error as JSON', async () => {
    const { code, stdout, stderr } = await runCli(home, ['status', '--json']);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({ code: 'no-daemon', message: 'No daemon runs here.', hint: 'Start it with: supervm up', status: 503, exit: 5 });
  });

  test('down has nothing to do', async () => {
    expect(await runCli(home, ['down'])).toMatchObject({ code: 0, stdout: 'No daemon runs here.\n' });
  });

  test.each([
    [['rendr', 'a.blend'], 'Did you mean render?'],
    [['stauts'], 'Did you mean status?'],
    [['render', 'a.blend', '--frame', '1'], 'Did you mean --frames?'],
    [['job'], "Missing required argument 'JOB'"],
    [['status', 'extra'], 'too many arguments'.slice(4)],
    [['node'], 'supervm node --help'],
    [['token', 'create', 'bob'], 'supervm token create --help'],
    [['wait', 'abc', '--timeout', 'soon'], '--timeout'],
    [['up', '--peer', 'nowhere'], '--peer'],
    [['explain', 'no-deamon'], 'Did you mean no-daemon?'],
    [['join'], 'supervm invite'],
  ])('%j is a mistake with exit code 2 and a way out', async (words, hint) => {
    const error = await runHere(home, words).catch((thrown: unknown) => thrown as SupervmError);
    expect(error).toBeInstanceOf(SupervmError);
    const { code, message, hint: way } = error as SupervmError;
    expect(errorKinds[code].exit).toBe(2);
    expect(`${message} ${way}`).toContain(hint);
  });

  test('a mistake is shown without a stack', async () => {
    const { code, stderr } = await runCli(home, ['rendr', 'a.blend']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "error: Unknown command 'rendr'.\n  Did you mean render?\n" });
  });

  test('help and version are no mistakes, and help lists the job types', async () => {
    expect(await runCli(home, ['--help'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^ {2}render /m) });
    expect(await runCli(home, [])).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: supervm') });
    expect(await runCli(home, ['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect((await runCli(home, ['render', '--help'])).stdout).toMatch(/--frames <LIST>[\s\S]*--skip-existing[\s\S]*Examples:/);
  });
});

describe('an error of the daemon', () => {
  test('ends the command with its exit code and says what to do', async () => {
    await using server = await startApiServer(fakeApi({ job: () => Promise.reject(new SupervmError('job-not-found', 'what happened', 'what to do')) }));
    expect(await runCli(server.home, ['job', 'abc'])).toEqual({ code: 3, stdout: '', stderr: 'error: what happened\n  what to do\n' });
  });
});

test('a node that drains takes no tasks though nobody pauses it any more', async () => {
  await using server = await startApiServer(fakeApi({ unpauseNode: async () => nodeView('n1', { paused: true }) }));
  expect(await runHere(server.home, ['node', 'unpause', 'n1'])).toMatchObject({ code: 0, stdout: expect.stringContaining('being drained') });
});

test('what a job type decided is told beside the result', async () => {
  const notes = ['--quality draft sets at most 16 samples a pixel.'];
  await using server = await startApiServer(fakeApi({ submit: async () => receiptOf({ notes }) }));
  const words = ['render', 'a.blend', '--quality', 'draft', '--detach'];
  expect(await runCli(server.home, words)).toMatchObject({ code: 0, stderr: `${notes[0]}\n` });
  expect(JSON.parse((await runCli(server.home, [...words, '--json'])).stdout)).toMatchObject({ notes });
  expect(await runCli(server.home, [...words, '--quiet'])).toMatchObject({ stdout: `${sampleId}\n`, stderr: '' });
});

test('a submission that was refused names the reason and leaves no job', async () => {
  const submit = () => Promise.reject(new SupervmError('output-exists', '2 of 3 files exist already in /out: a, b.', 'Use --overwrite.'));
  await using server = await startApiServer(fakeApi({ submit }));
  expect(await runCli(server.home, ['render', 'a.blend'])).toMatchObject({ code: 2, stderr: expect.stringContaining('a, b.') });
});

test('what was typed reaches the daemon as settings, the folder and the owner beside', async () => {
  let seen: unknown;
  const submit: ApiService['submit'] = async ({ body }) => {
    seen = body;
    return receiptOf();
  };
  await using server = await startApiServer(fakeApi({ submit }));
  const flags = [
    '--frames=-5-5',
    '--samples',
    '16',
    '--allow-missing',
    '--set',
    'a.b=1',
    '--set=c.d=2,3',
    '-o',
    'out',
    '--skip-existing',
    '--detach',
    '--key',
    'k1',
  ];
  expect(await runCli(server.home, ['render', 'scene.blend', ...flags], { folder: '/tmp' })).toMatchObject({ code: 0 });
  expect(seen).toEqual({
    type: 'render',
    settings: { sceneFile: 'scene.blend', frames: '-5-5', samples: '16', set: 'a.b=1,c.d=2,3', allowMissing: true },
    folder: '/tmp',
    outputFolder: 'out',
    existing: 'skip',
    owner: 'ann',
    key: 'k1',
  });
});
