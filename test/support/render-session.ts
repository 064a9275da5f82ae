/** Runs the render job type's session in the test's own process, as a node would in its session process. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inputs } from '../../plugins/render/inputs.ts';
import { plan } from '../../plugins/render/plan.ts';
import { decodePng } from '../../plugins/render/png.ts';
import { open } from '../../plugins/render/run.ts';
import type { RenderScript } from '../../plugins/render/script.ts';
import type { Finding, JsonObject, Session, TaskHost, TaskOutcome } from '../../src/plugin/job-type.ts';
import { TaskFault } from '../../src/plugin/job-type.ts';

export interface RunOptions {
  readonly outputs?: string;
  readonly signal?: AbortSignal;
  /** Fields of the script that the test wants otherwise. */
  readonly script?: Partial<RenderScript>;
  onProgress?(fraction: number): void;
}

export class RenderSessionUnderTest implements AsyncDisposable {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** What Blender and the session said. */
  readonly lines: string[];
  readonly #session: Session;
  readonly #script: JsonObject;
  #runs = 0;

  private constructor(folder: string, found: readonly Finding[], script: JsonObject, session: Session, lines: string[]) {
    this.folder = folder;
    this.findings = found;
    this.lines = lines;
    this.#script = script;
    this.#session = session;
  }

  /** Finds inputs, plans, copies the inputs into a tree of their own and opens a session on it. `before` runs between copying and opening. */
  static async open(settings: JsonObject, before: () => void = () => undefined): Promise<RenderSessionUnderTest> {
    const found = await inputs(settings);
    const [step] = plan(settings, found.summary).steps;
    if (step === undefined) throw new Error('the plan has no step');
    const folder = mkdtempSync(join(tmpdir(), 'svm-render-'));
    for (const file of found.files) {
      const target = join(folder, 'inputs', file.path);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(file.source, target);
    }
    mkdirSync(join(folder, 'scratch'));
    before();
    const lines: string[] = [];
    const session = await open({
      inputs: join(folder, 'inputs'),
      scratch: join(folder, 'scratch'),
      programs: [{ name: 'blender', version: '', path: 'blender', features: [] }],
      cores: 2,
      log: (line) => lines.push(line),
    });
    return new RenderSessionUnderTest(folder, found.findings, step.script, session, lines);
  }

  /** Renders one frame; `file` is the frame's absolute path. */
  async render(frame: number, options: RunOptions = {}): Promise<TaskOutcome & { readonly file: string }> {
    this.#runs += 1;
    const outputs = options.outputs ?? join(this.folder, `outputs-${this.#runs}`);
    mkdirSync(outputs, { recursive: true });
    const task: TaskHost = {
      step: 'render',
      script: { ...this.#script, ...options.script },
      parameters: { frame },
      outputs,
      signal: options.signal ?? new AbortController().signal,
      progress: (fraction) => options.onProgress?.(fraction),
      log: (line) => this.lines.push(line),
    };
    const outcome = await this.#session.run(task);
    return { ...outcome, file: join(outputs, outcome.outputs[0] ?? '') };
  }

  /** Why the frame fails. */
  async fault(frame: number, options: RunOptions = {}): Promise<TaskFault['failure']> {
    try {
      await this.render(frame, options);
    } catch (error) {
      if (error instanceof TaskFault) return error.failure;
      throw error;
    }
    throw new Error(`frame ${frame} was rendered`);
  }

  async pixels(frame: number, options: RunOptions = {}): Promise<Uint8Array> {
    return decodePng(readFileSync((await this.render(frame, options)).file)).pixels;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Process ids of the Blenders that this process has started and that live. */
export function runningBlenders(): readonly number[] {
  return readdirSync(`/proc/${process.pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${process.pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number))
    .filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('blender'));
}
