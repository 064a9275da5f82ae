/** Inside the session: one resident Blender renders the job's frames on this node. */
import { join } from 'node:path';
import type { Json } from '../../src/model/job.ts';
import type { OpenSession, Session, SessionHost, TaskHost, TaskOutcome } from '../../src/plugin/job-type.ts';
import { TaskFault } from '../../src/plugin/job-type.ts';
import { BlenderEnded, BlenderProcess, type DriverAnswer } from './blender-process.ts';
import { diskFull, programDied, refused, sceneIncomplete } from './faults.ts';
import type { FrameLook } from './frame-look.ts';
import { frameNames } from './frame-names.ts';
import { isStatusLine, progressOf } from './progress-line.ts';
import type { RenderScript } from './script.ts';
import { isDiskFull, verifyFrame } from './verify-frame.ts';
import { tellsOfDamage, tellsOfWrongFrame } from './wrong-frame-signs.ts';

const driver = join(import.meta.dirname, 'driver.py');

/** Lines kept of what is said about one command: the same few, again and again, where there are more. */
const mostSaid = 10_000;

/** What a Blender said when it loaded the scene. */
interface Loaded {
  /** What the scene lacks: every frame would be wrong. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Colour channels that its frames are to have, where that is known. */
  readonly channels: number | undefined;
}

class RenderSession implements Session {
  readonly #host: SessionHost;
  readonly #program: string;
  #blender: BlenderProcess;
  /** Of the Blender that runs now; absent until it has loaded the scene. */
  #loaded: Loaded | undefined;
  #task: TaskHost | undefined;
  #bestFraction = 0;
  /** What Blender has said since the command began that may mean a wrong or damaged frame. */
  #said: string[] = [];

  constructor(host: SessionHost, program: string) {
    this.#host = host;
    this.#program = program;
    this.#blender = this.#start();
  }

  #start(): BlenderProcess {
    this.#loaded = undefined;
    return new BlenderProcess({ program: this.#program, driver, folder: this.#host.scratch }, { onLine: (line) => this.#onLine(line) });
  }

  #onLine(line: string): void {
    const text = this.#readable(line);
    const progress = progressOf(text);
    // A scene with several view layers counts its samples anew for each; the bar never goes back.
    if (progress !== undefined && progress.fraction >= this.#bestFraction) {
      this.#bestFraction = progress.fraction;
      this.#task?.progress(progress.fraction, progress.message);
    }
    if (isStatusLine(text)) return;
    if (this.#said.length < mostSaid && (tellsOfWrongFrame(text) || tellsOfDamage(text))) this.#said.push(text);
    (this.#task ?? this.#host).log(text);
  }

  /** Paths as people know them: relative to the job's inputs. */
  #readable(text: string): string {
    return text.replaceAll(`${this.#host.inputs}/`, '');
  }

  async #request(command: string, fields: { readonly [key: string]: Json }): Promise<DriverAnswer> {
    this.#said = [];
    const answer = await this.#blender.request(command, fields);
    if (answer.ok) return answer;
    throw refused({ ...answer, message: this.#readable(answer.message ?? '') });
  }

  /** Problems, once each: what the driver found missing and what Blender itself admitted. */
  #problems({ missing = [] }: DriverAnswer, { pathMap }: RenderScript): string[] {
    return [...new Set([...missing.map((text) => this.#readable(text)), ...this.#said.filter((line) => tellsOfWrongFrame(line, pathMap))])];
  }

  async #load(script: RenderScript): Promise<Loaded> {
    if (this.#loaded !== undefined) return this.#loaded;
    const answer = await this.#request('load', { script, inputs: this.#host.inputs, threads: Math.max(1, Math.floor(this.#host.cores)) });
    this.#loaded = { problems: this.#problems(answer, script), warnings: answer.warnings ?? [], channels: answer.channels };
    return this.#loaded;
  }

  /** Blender takes truncated pictures of some formats for good ones, and only says so. */
  async #readBack(path: string): Promise<{ width: number; height: number } & FrameLook> {
    const { readable, width, height, channels, emptiness, hasOnlyNumbers } = await this.#request('check', { path });
    const complaint = this.#said.find(tellsOfDamage);
    if (complaint !== undefined) throw new Error(`Blender reads it back with a complaint: ${complaint}`);
    if (readable !== true || width === undefined || height === undefined) throw new Error('Blender cannot read it back');
    return {
      width,
      height,
      ...(channels === undefined ? {} : { channels }),
      ...(emptiness === undefined ? {} : { emptiness }),
      ...(hasOnlyNumbers === false ? { notFinite: ['its colours'] } : {}),
    };
  }

  async #render(task: TaskHost, script: RenderScript): Promise<TaskOutcome> {
    const { frame: frameParameter } = task.parameters;
    const frame = Number(frameParameter);
    const loaded = await this.#load(script);
    if (loaded.problems.length > 0 && !script.allowMissing) throw sceneIncomplete(loaded.problems);
    const name = frameNames(script.fileName)(frame);
    const path = join(task.outputs, name);
    const pattern = join(task.outputs, script.fileName);
    const answer = await this.#request('render', { frame, path, pattern, allowMissing: script.allowMissing }).catch(async (error: unknown) => {
      const isAboutDisk = error instanceof TaskFault && /No space left/i.test(error.message);
      throw isAboutDisk || (await isDiskFull(task.outputs)) ? diskFull(task.outputs) : error;
    });
    const problems = this.#problems(answer, script);
    if (problems.length > 0 && !script.allowMissing) throw sceneIncomplete(problems);
    const place = { folder: task.outputs, name, path, channels: loaded.channels };
    const seen = await verifyFrame(script, place, (written) => this.#readBack(written));
    return { outputs: [name], process: this.#blender.pid, warnings: [...new Set([...loaded.warnings, ...loaded.problems, ...problems, ...seen])] };
  }

  keeps(): readonly number[] {
    return [this.#blender.pid];
  }

  async run(task: TaskHost): Promise<TaskOutcome> {
    task.signal.throwIfAborted();
    if (this.#blender.hasEnded) this.#blender = this.#start();
    const blender = this.#blender;
    const stop = () => void blender.kill();
    task.signal.addEventListener('abort', stop, { once: true });
    this.#task = task;
    this.#bestFraction = 0;
    try {
      return await this.#render(task, task.script as RenderScript);
    } catch (error) {
      task.signal.throwIfAborted();
      throw error instanceof BlenderEnded ? programDied(error) : error;
    } finally {
      task.signal.removeEventListener('abort', stop);
      this.#task = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#blender.kill();
  }
}

export const open: OpenSession = async (host) => {
  const program = host.programs.find((each) => each.name === 'blender');
  if (program === undefined) throw new TaskFault({ code: 'program-missing', message: 'This node has no Blender.', retry: true, blameNode: true });
  return new RenderSession(host, program.path);
};
