/** A SessionRunner on real folders and processes, with the toy plugin, for tests. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { BlobTransfer } from '../../../daemon/blobs/blob-transfer.ts';
import { encodeTree } from '../../../daemon/blobs/tree.ts';
import { treesOf } from '../../../daemon/blobs/trees.ts';
import type { GpuDevice } from '../../../daemon/inventory/gpu-devices.ts';
import { systemClock } from '../../../daemon/system-clock.ts';
import { AttemptLogs } from '../../../daemon/worker/attempt-logs.ts';
import { SessionRunner, type SessionRunnerOptions } from '../../../daemon/worker/session-runner.ts';
import type { RunningTask, RunResult } from '../../../daemon/worker/task-runner.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { Program } from '../../../src/model/inventory.ts';
import type { AttemptName, JobRecord, JsonObject } from '../../../src/model/job.ts';
import { LinkedMessengers } from '../blobs/linked-messengers.ts';

const root = join(import.meta.dirname, '../../..');
const toys = join(root, 'test/support/plugins');

export interface BenchOptions {
  /** True: whatever this machine allows; false: no bubblewrap. */
  readonly sandboxed: boolean;
  readonly programs?: readonly Program[];
  readonly secrets?: { readonly [name: string]: string };
  /** Where workspaces are, instead of a fresh folder. */
  readonly workFolder?: string;
  readonly runner?: Pick<SessionRunnerOptions, 'patienceMs' | 'openMs' | 'silentMs'>;
  /** That it may give to tasks. */
  readonly gpus?: readonly GpuDevice[];
  /** Of which a task may write most. */
  readonly freeDiskBytes?: number;
  /** Folder of the job types, instead of the toys'. */
  readonly plugins?: string;
}

export class RunnerBench implements AsyncDisposable {
  readonly home: string;
  runner: SessionRunner;
  readonly blobs: BlobTransfer;
  readonly files: BlobFolder;
  readonly logs: AttemptLogs;
  readonly progress: [number, string][] = [];
  readonly clock = systemClock();
  readonly #makeRunner: () => SessionRunner;
  /** Of the process before. */
  readonly #umask: number;
  #attempts = 0;

  private constructor(home: string, umask: number, options: BenchOptions) {
    this.home = home;
    this.#umask = umask;
    const plugins = options.plugins ?? toys;
    const messenger = new LinkedMessengers().join('here');
    const { clock } = this;
    this.files = new BlobFolder({ folder: join(home, 'blobs') });
    this.blobs = new BlobTransfer({}, { messenger, clock, disk: this.files });
    this.logs = new AttemptLogs({ folder: join(home, 'logs') }, { messenger });
    this.#makeRunner = () =>
      new SessionRunner(
        {
          folder: options.workFolder ?? join(home, 'work'),
          socket: join(home, 'tasks.sock'),
          ...options.runner,
          files: {
            node: process.execPath,
            launcher: join(root, 'daemon/worker/launcher/main.ts'),
            session: join(root, 'daemon/worker/session/main.ts'),
            plugin: (type) => join(plugins, type, 'run.ts'),
            readable: [join(root, 'package.json'), join(root, 'src'), join(root, 'daemon'), plugins],
          },
          ...(options.sandboxed ? {} : { searched: [] }),
        },
        {
          clock,
          blobFiles: this.files,
          trees: treesOf({ blobs: this.blobs, files: this.files }),
          logs: this.logs,
          secrets: (names) => new Map(names.map((name) => [name, secretOf(options, name)])),
          gpus: () => options.gpus ?? [],
          inventory: () => ({ cores: 2.5, memoryBytes: 4 * 2 ** 30, freeDiskBytes: options.freeDiskBytes ?? 2 ** 30, programs: options.programs ?? [] }),
        },
      );
    this.runner = this.#makeRunner();
  }

  /** As when the daemon ends and starts again; what runs stays with the launcher. */
  async restart(): Promise<void> {
    await this.runner.stop();
    this.runner = this.#makeRunner();
    await this.runner.start();
  }

  static async open(options: BenchOptions): Promise<RunnerBench> {
    // As in a daemon: what others must read needs more than a mode at its making.
    const umask = process.umask(0o077);
    const home = await mkdtemp(join(tmpdir(), 'supervm-runner-'));
    await chmod(home, 0o700);
    const bench = new RunnerBench(home, umask, options);
    await bench.files.start();
    await bench.logs.start();
    await bench.runner.start();
    return bench;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner.end();
    await rm(this.home, { recursive: true, force: true });
    process.umask(this.#umask);
  }

  /** A job with these input files whose tasks run `script`. */
  async record(script: JsonObject, inputs: { readonly [path: string]: string } = { greeting: 'hello' }, changes: Partial<JobRecord> = {}): Promise<JobRecord> {
    const entries = await Promise.all(
      Object.entries(inputs).map(async ([path, text]) => ({ path, mode: 0o644, ...(await this.blobs.put(Buffer.from(text))) })),
    );
    const tree = await this.blobs.put(encodeTree(entries));
    const requirements = { cores: 1, memoryBytes: 0, programs: [] };
    const parameters = [{ name: 'frame', type: 'INT', ranges: [{ first: 1, last: 9, step: 1 }] }] as const;
    return {
      owner: 'tester',
      key: JSON.stringify([script, inputs]),
      name: 'toy',
      type: 'toy',
      plugin: { name: 'toy', version: '1', digest: '0'.repeat(64) },
      settings: {},
      inputs: { tree: tree.digest, files: entries.length, bytes: 0 },
      steps: [{ name: 'play', needs: [], parameters, requirements, maxAttempts: 3, script }],
      submitter: 'here',
      submittedAt: 0,
      outputFolder: '',
      ...changes,
    };
  }

  /** Resolves once a task has told of such a progress. */
  until(isSo: (progress: readonly [number, string]) => boolean): Promise<void> {
    return this.waitFor(() => this.progress.some(isSo));
  }

  async waitFor(isSo: () => boolean): Promise<void> {
    while (!isSo()) await turn();
  }

  /** Resolves once the attempt has printed the text. */
  async logged(attempt: AttemptName, text: string): Promise<void> {
    while (
      !Buffer.from((await this.logs.read(attempt, 0)) ?? [])
        .toString()
        .includes(text)
    )
      await turn();
  }

  /** What a task that waits for the file waits for. */
  open(file: string): void {
    writeFileSync(file, '');
  }

  /** How many `sleep` programs run that were started below this home. */
  async sleepers(): Promise<number> {
    let found = 0;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const [command = ''] = textOf(`/proc/${pid}/cmdline`).split('\0');
      if (command === 'sleep' && textOf(`/proc/${pid}/environ`).includes(this.home)) found += 1;
    }
    await turn();
    return found;
  }

  attempt(changes: Partial<AttemptName> = {}): AttemptName {
    const attempt = ++this.#attempts;
    return { term: { number: 1, node: 'here' }, job: 'ab'.repeat(32), generation: 1, step: 'play', index: 2, attempt, node: 'here', ...changes };
  }

  start(record: JobRecord, attempt = this.attempt()): RunningTask {
    return this.runner.run(attempt, record, [], (fraction, message) => this.progress.push([fraction, message]));
  }

  /** Runs one attempt to its end. */
  async run(script: JsonObject, attempt = this.attempt()): Promise<RunResult> {
    return this.start(await this.record(script), attempt).result;
  }

  /** The text of an output of a result. */
  async text(result: RunResult, path: string): Promise<string> {
    if (result.type !== 'done') throw new Error(`no result: ${JSON.stringify(result)}`);
    const output = result.outputs.find((file) => file.path === path);
    if (output === undefined) throw new Error(`no output ${path}`);
    return Buffer.from(await this.blobs.bytes(output, [])).toString();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function secretOf({ secrets = {} }: BenchOptions, name: string): string {
  const value = secrets[name];
  if (value === undefined) throw new SupervmError('secret-not-found', `there is no secret ${name}`);
  return value;
}
