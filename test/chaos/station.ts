/** One machine of a chaos run: its disk, its clock, its daemon's lives, and a client of its API. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { type Client, createClient } from '../../src/api/client.ts';
import { pause } from '../../src/cli/clock.ts';
import { pathsOf } from '../../src/settings/paths.ts';
import { forgetDeadClocks } from '../support/faked-clock.ts';
import type { Machine } from '../support/lab-machine.ts';
import { descendantsOf, ofNamespace } from './processes.ts';
import type { Recorder } from './recorder.ts';

export interface StationOptions {
  readonly machine: Machine;
  readonly flags: readonly string[];
  /** The file that libfaketime reads; undefined where clocks cannot be moved. */
  readonly clockFile: string | undefined;
  readonly diskBytes: number;
}

const readyMs = 60_000;
const againMs = 500;

export class Station {
  readonly machine: Machine;
  readonly client: Client;
  /** Known to be down: nobody uses it until it answers again. */
  isDown = true;
  /** How often its disk was lost. */
  wipes = 0;
  readonly #options: StationOptions;
  readonly #recorder: Recorder;
  #mounted = false;
  #isFull = false;
  /** When the daemon was last launched, or since. */
  #wasFull = false;

  constructor(options: StationOptions, needs: { readonly recorder: Recorder }) {
    this.machine = options.machine;
    this.#options = options;
    this.#recorder = needs.recorder;
    const paths = pathsOf({ home: this.machine.home, stateHome: undefined, configHome: undefined, userFolder: '/', userId: process.getuid?.() ?? 0 });
    this.client = createClient({ socketPath: paths.socket });
  }

  get name(): string {
    return this.machine.name;
  }

  /** A small file system of its own for the home, which outlives the daemon. */
  mountDisk(): void {
    mkdirSync(this.machine.home, { recursive: true, mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${this.#options.diskBytes},mode=700`, 'tmpfs', this.machine.home]);
    this.#mounted = true;
  }

  unmountDisk(): void {
    if (this.#mounted) execFileSync('umount', ['--lazy', this.machine.home]);
    this.#mounted = false;
  }

  /** Starts the daemon; its answers come later. */
  launch(): void {
    this.#wasFull = this.#isFull;
    if (this.#options.clockFile !== undefined) forgetDeadClocks();
    const daemon = this.machine.launch(...this.#options.flags);
    this.#recorder.record({ type: 'node', node: this.name, happened: 'launched' });
    daemon.once('exit', (code, signal) => this.#recorder.record({ type: 'node', node: this.name, happened: 'ended', code: `${signal ?? code}` }));
  }

  /** Rejects when the daemon does not answer within a minute or ends before. */
  async ready(): Promise<void> {
    for (const deadline = performance.now() + readyMs; ; await pause(100)) {
      const answered = await this.client.call('health', {}, AbortSignal.timeout(5000)).then(
        () => true,
        () => false,
      );
      if (answered) break;
      // A daemon may refuse to start on a full disk; whatever looks after it tries again.
      if (this.machine.pid === undefined && this.#wasFull) {
        this.isDown = true;
        await pause(againMs);
        this.launch();
      }
      if (this.machine.pid === undefined) throw new Error(`the daemon of ${this.name} ended at its start; its last words:\n${this.lastWords()}`);
      if (performance.now() > deadline)
        throw new Error(`the daemon of ${this.name} does not answer a minute after its start; its last words:\n${this.lastWords()}`);
    }
    this.isDown = false;
    this.#recorder.record({ type: 'node', node: this.name, happened: 'ready' });
  }

  /** The daemon did not start. */
  gaveUp(cause: string): void {
    this.#recorder.record({ type: 'node', node: this.name, happened: 'failed', code: cause });
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    // Nobody is told of a kill.
    if (signal !== 'SIGKILL') this.isDown = true;
    await this.machine.kill(signal);
  }

  /** To the daemon alone, or to everything that it started too. */
  signal(signal: NodeJS.Signals, extent: 'daemon' | 'machine'): void {
    const { pid } = this.machine;
    const all = extent === 'machine' ? this.#processes() : pid === undefined ? [] : [pid];
    for (const process_ of all) {
      try {
        process.kill(process_, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  /** Leaves no byte free on the disk. */
  fillDisk(): void {
    this.#isFull = true;
    this.#wasFull = true;
    const { bavail, bsize } = statfsSync(this.machine.home);
    const file = openSync(this.#ballast, 'w');
    try {
      const block = Buffer.alloc(Number(bsize));
      for (let blocks = Number(bavail) + 64; blocks > 0; blocks -= 1) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  freeDisk(): void {
    this.#isFull = false;
    if (existsSync(this.#ballast)) unlinkSync(this.#ballast);
  }

  /** A machine that is bought to replace this one: nothing of the old disk is left. */
  wipeDisk(): void {
    this.isDown = true;
    this.wipes += 1;
    for (const name of readdirSync(this.machine.home)) rmSync(join(this.machine.home, name), { recursive: true, force: true });
    this.#recorder.record({ type: 'node', node: this.name, happened: 'wiped' });
  }

  /** Seconds by which the wall clock of everything on this machine is wrong. */
  moveClock(seconds: number): void {
    if (this.#options.clockFile !== undefined) writeFileSync(this.#options.clockFile, `${seconds < 0 ? '' : '+'}${Math.round(seconds)}\n`);
  }

  /** Everything that still runs on this machine, however it was started. */
  killAll(): void {
    for (const pid of this.#processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  lastWords(): string {
    const log = join(this.machine.home, 'logs', 'daemon.log');
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-12).join('\n') : '(no log)';
  }

  /** Copies the daemon's logs out of a disk that will be gone. */
  saveLogs(folder: string): void {
    const logs = join(this.machine.home, 'logs');
    if (!existsSync(logs)) return;
    for (const name of readdirSync(logs).filter((each) => each.startsWith('daemon')))
      copyFileSync(join(logs, name), join(folder, `${this.name}-${basename(name)}`));
  }

  get #ballast(): string {
    return join(this.machine.home, 'ballast');
  }

  #processes(): readonly number[] {
    const { pid, namespace } = this.machine;
    return [...new Set([...(namespace === undefined ? [] : ofNamespace(namespace)), ...(pid === undefined ? [] : [pid, ...descendantsOf(pid)])])];
  }
}
