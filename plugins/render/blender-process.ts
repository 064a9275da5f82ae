/** One resident Blender: takes commands one after another, until it ends or is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Json } from '../../src/model/job.ts';
import { eachLine } from './bounded-lines.ts';

export interface BlenderOptions {
  /** Path of the program. */
  readonly program: string;
  /** Path of driver.py. */
  readonly driver: string;
  /** Folder it starts in. */
  readonly folder: string;
}

export interface BlenderNeeds {
  /** Every line Blender prints, on either stream. */
  onLine(line: string): void;
}

/** What the driver answers: always whether it worked; the rest depends on the command. */
export interface DriverAnswer {
  readonly id: number;
  readonly ok: boolean;
  /** When it did not work: a code of the error table, and why. */
  readonly code?: string;
  readonly message?: string;
  /** `load` and `render`: what the scene refers to and is not there, as sentences. */
  readonly missing?: readonly string[];
  /** `load`. */
  readonly warnings?: readonly string[];
  /** `load`: colour channels that frames are to have; `check`: that a picture has. Absent where that is not known. */
  readonly channels?: number;
  /** `check`: what the pixels show. */
  readonly emptiness?: 'black' | 'transparent';
  readonly hasOnlyNumbers?: boolean;
  /** `check`: size in pixels, and whether the picture decoded. */
  readonly width?: number;
  readonly height?: number;
  readonly readable?: boolean;
}

/** Blender ended, or could not start. */
export class BlenderEnded extends Error {
  override readonly name = 'BlenderEnded';
  /** What ended it from outside, if so. */
  readonly signal: NodeJS.Signals | undefined;
  constructor(message: string, signal?: NodeJS.Signals) {
    super(message);
    this.signal = signal;
  }
}

/** File descriptor for answers: nothing else in Blender writes there, so that no print can pass for one. */
const answerDescriptor = 3;
const streamCount = 3;
/** Characters. */
const longestLine = 16 * 1024;
const longestAnswer = 4 * 1024 * 1024;
const markForm = /^supervm-answered (\d+)$/;

interface Pending {
  readonly id: number;
  readonly resolve: (answer: DriverAnswer) => void;
  readonly reject: (error: Error) => void;
  answer?: DriverAnswer;
  /** Streams that have told all they had to tell about this command. */
  marks: number;
}

export class BlenderProcess {
  readonly #child: ChildProcess;
  readonly #needs: BlenderNeeds;
  readonly #ended = Promise.withResolvers<BlenderEnded>();
  #end: BlenderEnded | undefined;
  #pending: Pending | undefined;
  #lastId = 0;

  constructor(options: BlenderOptions, needs: BlenderNeeds) {
    this.#needs = needs;
    const always = ['--background', '--factory-startup', '--disable-autoexec', '-noaudio', '--python-exit-code', '1'];
    this.#child = spawn(options.program, [...always, '--python', options.driver, '--', `${answerDescriptor}`], {
      cwd: options.folder,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      // A process group of its own: killing it takes along whatever it started.
      detached: true,
    });
    this.#child.on('error', (error) => this.#finish(new BlenderEnded(`Blender could not be started: ${error.message}`)));
    this.#child.on('close', (code, signal) => this.#finish(ending(code, signal)));
    const [input, output, errors, answers] = this.#child.stdio as unknown as [Writable, Readable, Readable, Readable];
    // A dead Blender is told by its `close`.
    input.on('error', () => undefined);
    for (const said of [output, errors]) eachLine(said, longestLine, (line) => this.#take(line));
    eachLine(answers, longestAnswer, (line) => this.#takeAnswer(line));
  }

  /** 0 when it never started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves with the driver's answer once Blender has printed everything it had to say. Rejects with BlenderEnded. One at a time. */
  request(command: string, fields: { readonly [key: string]: Json }): Promise<DriverAnswer> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (this.#pending !== undefined) return Promise.reject(new Error('Blender is busy'));
    this.#lastId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<DriverAnswer>();
    this.#pending = { id: this.#lastId, resolve, reject, marks: 0 };
    this.#child.stdin?.write(`${JSON.stringify({ id: this.#lastId, command, ...fields })}\n`);
    return promise;
  }

  /** Ends it at once; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#end === undefined && this.#child.pid !== undefined) {
      try {
        process.kill(-this.#child.pid, 'SIGKILL');
      } catch {
        // It went by itself in this moment; its `close` follows.
      }
    }
    await this.#ended.promise;
  }

  #take(line: string): void {
    const mark = markForm.exec(line);
    if (mark === null) {
      if (line.trim() !== '') this.#needs.onLine(line);
      return;
    }
    if (this.#pending === undefined || Number(mark[1]) !== this.#pending.id) return;
    this.#pending.marks += 1;
    this.#settle();
  }

  #takeAnswer(line: string): void {
    const answer = JSON.parse(line) as DriverAnswer;
    if (this.#pending === undefined || answer.id !== this.#pending.id) return;
    this.#pending.answer = answer;
    this.#settle();
  }

  /** An answer counts when it and the marks on both output streams are there. */
  #settle(): void {
    const pending = this.#pending;
    if (pending?.answer === undefined || pending.marks < streamCount - 1) return;
    this.#pending = undefined;
    pending.resolve(pending.answer);
  }

  #finish(end: BlenderEnded): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#ended.resolve(end);
    this.#pending?.reject(end);
    this.#pending = undefined;
  }
}

function ending(code: number | null, signal: NodeJS.Signals | null): BlenderEnded {
  return signal === null ? new BlenderEnded(`Blender ended with exit code ${code}`) : new BlenderEnded(`Blender was ended by ${signal}`, signal);
}
