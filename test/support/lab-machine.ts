/** One machine of the laboratory: its daemon, and commands typed on it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installJobType } from './install-job-type.ts';
import { until } from './until.ts';

export interface MachineOptions {
  readonly name: string;
  readonly home: string;
  readonly namespace: string | undefined;
  readonly hidden: readonly string[];
  readonly diskBytes: number | undefined;
  readonly jobTypes: readonly string[];
  /** Folders to show in place of others, for this machine's processes alone: source by place. */
  readonly binds?: { readonly [place: string]: string };
  /** Variables for everything that runs on this machine, e.g. a library that moves its clock. */
  readonly variables?: { readonly [name: string]: string };
  readonly supervm: string;
  /** Open file that takes what the daemon prints. */
  readonly log: number;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that still runs: its output so far, its end, and its process. */
export interface Typed {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  output(): string;
}

export class Machine {
  readonly name: string;
  readonly home: string;
  readonly namespace: string | undefined;
  readonly supervm: string;
  readonly #options: MachineOptions;
  #daemon: ChildProcess | undefined;

  constructor(options: MachineOptions) {
    this.name = options.name;
    this.home = options.home;
    this.namespace = options.namespace;
    this.supervm = options.supervm;
    this.#options = options;
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, SUPERVM_HOME: this.home, SUPERVM_HOST_ID: `lab-${this.name}`, NO_COLOR: '1', ...this.#options.variables };
  }

  /** Starts `supervm daemon` in the foreground; resolves when `supervm status` answers. */
  async start(...flags: readonly string[]): Promise<void> {
    this.launch(...flags);
    await this.until(async () => this.#daemon === undefined || (await this.run('status', '--json')).code === 0, 90_000);
    if (this.#daemon === undefined) throw new Error(`the daemon of ${this.name} ended at its start`);
  }

  /** The same without waiting for it; the process is there at once, its answers come later. */
  launch(...flags: readonly string[]): ChildProcess {
    if (this.#daemon !== undefined) throw new Error(`${this.name} runs already`);
    this.#installJobTypes();
    const arguments_ = ['daemon', '--name', this.name, ...flags];
    const { log, supervm } = this.#options;
    const [file, ...rest] = this.namespace === undefined ? [supervm, ...arguments_] : [...this.#enterNew(), supervm, ...arguments_];
    const daemon = spawn(file as string, rest, { stdio: ['ignore', log, log], env: this.environment });
    this.#daemon = daemon;
    daemon.once('exit', () => {
      if (this.#daemon === daemon) this.#daemon = undefined;
    });
    return daemon;
  }

  get pid(): number | undefined {
    return this.#daemon?.pid;
  }

  /** Sends its daemon a signal that does not end it. */
  signal(signal: NodeJS.Signals): void {
    this.#daemon?.kill(signal);
  }

  /** Ends the daemon by a signal and waits until it is gone; nothing happens when none runs. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined) return;
    const exit = once(daemon, 'exit');
    daemon.kill(signal);
    await exit;
  }

  /** Types a supervm command on this machine, its daemon running or not. */
  type(...arguments_: readonly string[]): Typed {
    return this.command([this.#options.supervm, ...arguments_]);
  }

  /** Runs any program on this machine, in its namespaces where the daemon runs. */
  command(words: readonly string[], input?: string): Typed {
    const [file, ...rest] = [...this.#enter(), ...words];
    const child = spawn(file as string, rest, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], env: this.environment });
    if (input !== undefined) child.stdin?.end(input);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const finished = once(child, 'close').then(([code]) => ({ code: (code as number | null) ?? 128, stdout, stderr }));
    return { child, finished, output: () => stdout + stderr };
  }

  async run(...arguments_: readonly string[]): Promise<Finished> {
    return await this.type(...arguments_).finished;
  }

  /** Runs a command with `--json` and parses what it prints; throws when it fails. */
  async json<T>(...arguments_: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...arguments_, '--json');
    if (code !== 0) throw new Error(`${this.name}: supervm ${arguments_.join(' ')} ended with ${code}: ${stderr || stdout}`);
    return JSON.parse(stdout) as T;
  }

  /** Asks again and again until `question` is true; see `until`. */
  async until(question: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
    await until(`${this.name}: ${question.toString().slice(0, 200)}`, limitMs, question, 100);
  }

  file(name: string): string {
    return join(this.home, name);
  }

  writeFile(name: string, text: string, mode: number): string {
    writeFileSync(this.file(name), text, { mode });
    return this.file(name);
  }

  /** A new mount namespace in the network namespace, with folders hidden and a small disk where asked. */
  #enterNew(): readonly string[] {
    const { hidden, diskBytes, home, namespace, jobTypes, binds = {} } = this.#options;
    const mounts = hidden.map((folder) => `mount -t tmpfs -o size=64k tmpfs '${folder}'`);
    mounts.push(...Object.entries(binds).map(([place, source]) => `mount --bind '${source}' '${place}'`));
    if (diskBytes !== undefined) mounts.push(`mount -t tmpfs -o size=${diskBytes},mode=700 tmpfs '${home}'`);
    if (diskBytes !== undefined && jobTypes.length > 0) mounts.push(`cp -rp '${this.#typesHome}/job-types' '${home}/'`);
    const script = [...mounts, 'exec "$0" "$@"'].join(' && ');
    return ['ip', 'netns', 'exec', namespace as string, 'unshare', '--mount', '--propagation', 'private', 'sh', '-c', script];
  }

  #installJobTypes(): void {
    for (const name of this.#options.jobTypes) installJobType(this.#typesHome, name);
  }

  /** A small disk mounted over the home would hide what was put there before: it is copied in when the disk is there. */
  get #typesHome(): string {
    return this.#options.diskBytes === undefined ? this.home : `${this.home}-types`;
  }

  #enter(): readonly string[] {
    if (this.namespace === undefined) return [];
    const pid = this.pid;
    return pid === undefined ? ['ip', 'netns', 'exec', this.namespace] : ['nsenter', '--target', `${pid}`, '--mount', '--net', '--'];
  }
}
