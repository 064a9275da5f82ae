import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '../daemon/system-clock.ts';
import { LauncherClient } from '../daemon/worker/launcher-client.ts';
import { openSession } from '../daemon/worker/open-session.ts';
import { chooseSandbox } from '../daemon/worker/sandbox/choose-sandbox.ts';
import type { Sandbox } from '../daemon/worker/sandbox/sandbox.ts';
import { limitsFor } from '../daemon/worker/task-limits.ts';
import { Workspace } from '../daemon/worker/workspace.ts';
import type { JobRecord } from '../src/model/job.ts';
import { type Contestant, rounds, verdict } from './rounds.ts';

const root = resolve(import.meta.dirname, '..');
const types = join(root, 'test/support/job-types');
const requirements = { cores: 1, memoryBytes: 2 ** 28, programs: [] };
const machine = { cores: 2, memoryBytes: 4 * 2 ** 30, freeDiskBytes: 2 ** 33, programs: [] };
const digest = '0'.repeat(64);
const step = { name: 'nothing', needs: [], parameters: [], requirements, maxAttempts: 1, script: {} };
const record: JobRecord = {
  owner: 'bench',
  key: 'bench',
  name: 'bench',
  type: 'nothing',
  plugin: { name: 'nothing', version: '1', digest },
  settings: {},
  inputs: { tree: digest, files: 0, bytes: 0 },
  steps: [step],
  submitter: 'bench',
  submittedAt: 0,
  outputFolder: '',
};
const noTree = (): Promise<never> => Promise.reject(new Error('there are no inputs'));
const image = 'supervm-bench-true';
const node = process.execPath;
/** A further task comes after others, not after a rest. */
const tasksInARow = 20;
/** Nothing at all around a session. */
const unboxed: Sandbox = {
  level: { level: 'none' },
  userOf: () => undefined,
  wrap: ({ command: [file, ...args], folders }) => ({ spec: { file, args, folder: folders.scratch, environment: {} }, inside: folders }),
};

/**
 * Milliseconds of an empty program: alone, in a new sandbox with its folders and groups, in a new container;
 * and of an empty task, its folders and the words there and back, in a session that is open: in the sandbox, and without one.
 */
export async function benchSandbox({ times = 50 }: { readonly times?: number | undefined }): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'svm-bench-'));
  execFileSync('chmod', ['755', home]);
  const clock = systemClock();
  const socket = join(home, 'tasks.sock');
  const launcher = new LauncherClient(
    { node, file: join(root, 'daemon/worker/launcher/main.ts'), socket, record: join(home, 'launcher.json'), patienceMs: 1_000 },
    { clock },
  );
  try {
    await launcher.start();
    const session = join(root, 'daemon/worker/session/main.ts');
    const readable = [node, join(root, 'package.json'), join(root, 'src'), join(root, 'daemon'), types];
    const sandbox = await chooseSandbox({ workFolder: home, mark: 'bench', enforces: launcher.enforces, readable, needed: [node, session] });
    process.stdout.write(`level ${sandbox.level.level}${sandbox.level.reason === undefined ? '' : `: ${sandbox.level.reason}`}\n`);
    const inputs = join(home, 'inputs');
    mkdirSync(inputs);
    const workspace = new Workspace({ folder: home, tree: '', hasInputs: true }, { trees: { read: noTree, writeOut: noTree } });
    const ended = (start: (listener: { onExit(): void; onStarted(): void; onAnswer(): void }) => unknown): Promise<void> =>
      new Promise((done) => start({ onExit: done, onStarted: () => {}, onAnswer: () => {} }));
    const timed = async (act: () => Promise<unknown>): Promise<number> => {
      const begun = performance.now();
      await act();
      return performance.now() - begun;
    };
    const plain = { file: '/bin/true', args: [], folder: '/', environment: {} };
    const log = join(home, 'log');
    const newFolders = (id: number) => workspace.session(inputs, id, sandbox.userOf(id));
    const contestants: Contestant[] = [
      {
        name: 'plain_spawn',
        measure: () => timed(() => ended((listener) => launcher.launch(launcher.newId(), { spec: plain, note: {}, log, mask: [] }, listener))),
      },
      {
        name: 'sandbox',
        measure: () =>
          timed(async () => {
            const id = launcher.newId();
            const folders = await newFolders(id);
            const limits = limitsFor(requirements, machine, join(home, 'sessions', String(id)));
            const request = { name: String(id), folders, readable, user: sandbox.userOf(id), network: false, limits, command: ['/bin/true'] as const };
            await ended((listener) =>
              launcher.launch(id, { spec: sandbox.wrap({ ...request, command: [...request.command] }).spec, note: {}, log, mask: [] }, listener),
            );
          }),
      },
    ];
    const missing = prepareImage();
    if (missing === undefined)
      contestants.push({
        name: 'docker_run',
        measure: () => timed(async () => void execFileSync('docker', ['run', '--rm', '--network', 'none', image, '/busybox', 'true'])),
      });
    else process.stdout.write(`docker_run left out: ${missing}\n`);

    const files = { node, launcher: '', session, plugin: (type: string) => join(types, type, 'run.ts'), readable };
    const openIn = async (kind: Sandbox) => {
      const id = launcher.newId();
      const user = kind.userOf(id);
      const asked = { id, job: digest, record, step, cores: 1, machine, user, gpus: [], log, openMs: undefined };
      const folders = await workspace.session(inputs, id, user);
      return openSession({ ...asked, folders, signal: new AbortController().signal }, { clock, launcher, sandbox: kind, files, secrets: () => new Map() });
    };
    const sessions = { further_task: await openIn(sandbox), further_task_open: await openIn(unboxed) };
    for (const [name, open] of Object.entries(sessions)) {
      let task = 0;
      const runTask = async () => {
        const outputs = join(open.inside.attempts, `task-${++task}`, 'outputs');
        const end = await open.process.run({ step: 'nothing', script: {}, parameters: {}, outputs, log, limitMs: undefined, leaseUntil: undefined }, () => {});
        if (end.type !== 'done') throw new Error(JSON.stringify(end));
      };
      const measure = async () => {
        const ms = await timed(async () => {
          for (let left = tasksInARow; left > 0; left -= 1) await runTask();
        });
        return ms / tasksInARow;
      };
      contestants.push({ name, measure });
    }
    const medians = await rounds(times, 'ms', contestants);
    for (const open of Object.values(sessions)) await open.process.close();
    verdict('sandbox p50 ms', medians.get('sandbox') ?? Number.NaN, { atMost: 20 });
    verdict('further_task p50 ms', medians.get('further_task') ?? Number.NaN, { atMost: 1 });
  } finally {
    await launcher.end();
    rmSync(home, { recursive: true, force: true });
  }
}

/** An image of one static program; undefined when it is there, else why not. */
function prepareImage(): string | undefined {
  if (spawnSync('docker', ['info'], { timeout: 10_000 }).status !== 0) return 'no docker engine answers';
  const busybox = spawnSync('sh', ['-c', 'command -v busybox']).stdout.toString().trim();
  if (busybox === '') return 'no busybox to make an image of';
  const made = spawnSync('sh', ['-c', `tar -C "$(dirname ${busybox})" -c busybox | docker import - ${image}`]);
  return made.status === 0 ? undefined : made.stderr.toString().trim();
}
