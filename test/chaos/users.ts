/** What the users of a run do: each call is made as the command line makes it, its repetitions included, and goes into the history. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { patientClient } from '../../src/api/patient-client.ts';
import type { CancelReceipt, SubmitReceipt } from '../../src/api/requests.ts';
import type { JobView } from '../../src/api/views.ts';
import { pause } from '../../src/cli/clock.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { Call } from './history.ts';
import type { PlannedCall } from './plan.ts';
import type { Recorder } from './recorder.ts';
import type { Station } from './station.ts';

/** As in src/cli/context.ts. */
const patienceMs = 10_000;
/** Whoever waits longer has given up. */
const longestMs = 60_000;

type Answer = Pick<Call, 'job' | 'copies' | 'wanted' | 'tasks' | 'phase' | 'generation'>;

export class Users {
  readonly #folder: string;
  readonly #stations: readonly Station[];
  readonly #recorder: Recorder;
  readonly #jobs = new Map<string, string>();
  /** By key: how often the submitting machine's disk had been lost. */
  readonly #submittedIn = new Map<string, number>();
  readonly #listeners = new Set<(node: string) => void>();
  /** By key: whoever resumes a job has had the answer to its pause. */
  readonly #pauses = new Map<string, Promise<void>>();

  /** Input files and results are put below the folder. */
  constructor(options: { readonly folder: string }, needs: { readonly stations: readonly Station[]; readonly recorder: Recorder }) {
    this.#folder = options.folder;
    this.#stations = needs.stations;
    this.#recorder = needs.recorder;
    for (const name of ['in', 'out']) mkdirSync(join(options.folder, name), { recursive: true });
  }

  /** Resolves at the next submission that the node acknowledges, or after the time. */
  acknowledged(node: string, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const listener = (acknowledgedBy: string): void => {
        if (acknowledgedBy === node) end();
      };
      const end = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve();
      };
      const timer = setTimeout(end, withinMs);
      this.#listeners.add(listener);
    });
  }

  /** Keys of acknowledged jobs by their ids. */
  get jobs(): ReadonlyMap<string, string> {
    return new Map([...this.#jobs].map(([key, id]) => [id, key]));
  }

  /** Waits for the call's time; nobody types on a machine whose daemon is known to be down, nor names a job that was never acknowledged. */
  async make(planned: PlannedCall, signal: AbortSignal): Promise<void> {
    await pause(planned.at - this.#recorder.now(), signal);
    if (planned.call === 'resume') await this.#pauses.get(planned.key);
    const made = this.#make(planned, signal);
    if (planned.call === 'pause') this.#pauses.set(planned.key, made);
    await made;
  }

  async #make(planned: PlannedCall, signal: AbortSignal): Promise<void> {
    const station = this.#stations.find(({ name }) => name === planned.node);
    if (signal.aborted || station === undefined || station.isDown) return;
    const job = this.#jobs.get(planned.key);
    if (job === undefined && planned.call !== 'submit') return;
    const { wipes } = station;
    // A machine that replaces a lost one knows nothing of what its predecessor's user asked for.
    if (planned.call === 'submit' && (this.#submittedIn.get(planned.key) ?? wipes) !== wipes) return;
    if (planned.call === 'submit') this.#submittedIn.set(planned.key, wipes);
    let tries = 1;
    const line = { type: 'call', at: this.#recorder.now(), node: planned.node, call: planned.call, key: planned.key } as const;
    try {
      const answer = planned.by === 'program' ? await this.#type(planned, station, job) : await this.#ask(planned, station, job, () => (tries += 1));
      if (station.wipes !== wipes) throw new Error('the machine was lost meanwhile');
      if (answer.job !== undefined) this.#jobs.set(planned.key, answer.job);
      this.#recorder.record({ ...line, ...answer, ended: this.#recorder.now(), tries, outcome: 'ok' });
      if (planned.call === 'submit') for (const listener of this.#listeners) listener(planned.node);
    } catch (error) {
      const gone = station.wipes !== wipes ? { code: 'machine-lost', message: 'the user is gone with the machine' } : undefined;
      const { code, message } = gone ?? (error instanceof SupervmError ? error : { code: 'gave-up', message: String(error) });
      this.#recorder.record({ ...line, ended: this.#recorder.now(), tries, outcome: 'failed', code, message, ...(job === undefined ? {} : { job }) });
    }
  }

  async #ask(planned: PlannedCall, station: Station, job: string | undefined, onAgain: () => void): Promise<Answer> {
    const client = patientClient(station.client, { withinMs: patienceMs, onAgain }, { now: () => this.#recorder.now(), pause });
    const signal = AbortSignal.timeout(longestMs);
    const { call, key } = planned;
    const params = { job: job ?? '' };
    switch (call) {
      case 'submit': {
        const settings = { input: this.#input(key), tasks: planned.tasks, ms: planned.taskMs, label: key };
        const body = { type: 'beat', settings, folder: this.#folder, outputFolder: join('out', key), existing: 'overwrite', key } as const;
        return ofReceipt(await client.follow('submit', { body }, () => undefined, signal));
      }
      case 'cancel':
        return ofView((await client.call('cancel', { params }, signal)).job);
      case 'retry':
      case 'pause':
      case 'resume':
        return ofView(await client.call(call, { params }, signal));
      case 'remove':
        await client.call('remove', { params, body: {} }, signal);
        return { job: params.job };
    }
  }

  /** The program itself: it makes its own repetitions. */
  async #type(planned: PlannedCall, station: Station, job: string | undefined): Promise<Answer> {
    const { call, key, tasks, taskMs } = planned;
    const flags = [
      '--tasks',
      `${tasks}`,
      '--ms',
      `${taskMs}`,
      '--label',
      key,
      '--output',
      join(this.#folder, 'out', key),
      '--overwrite',
      '--key',
      key,
      '--detach',
    ];
    const words = call === 'submit' ? ['beat', this.#input(key), ...flags] : [call === 'remove' ? 'rm' : call, job ?? ''];
    const typed = station.machine.type(...words, '--json');
    const giveUp = setTimeout(() => typed.child.kill('SIGKILL'), longestMs);
    const { code, stdout, stderr } = await typed.finished.finally(() => clearTimeout(giveUp));
    if (code !== 0) throw asError(stdout + stderr, code);
    if (call === 'remove') return { job: job ?? '' };
    if (call === 'submit') return ofReceipt(JSON.parse(stdout) as SubmitReceipt);
    return ofView(call === 'cancel' ? (JSON.parse(stdout) as CancelReceipt).job : (JSON.parse(stdout) as JobView));
  }

  #input(key: string): string {
    const path = join(this.#folder, 'in', key);
    writeFileSync(path, key);
    return path;
  }
}

const ofReceipt = ({ id, copies, wanted, tasks }: SubmitReceipt): Answer => ({ ...(id === undefined ? {} : { job: id }), copies, wanted, tasks });
const ofView = ({ id, phase, generation }: JobView): Answer => ({ job: id, phase, generation });

/** `--json` prints `{"error": {"code": ...}}` or the like on one of the two streams. */
function asError(output: string, code: number): Error {
  const found = /"code":\s*"([a-z-]+)"/.exec(output)?.[1];
  const error = new SupervmError('internal', output.trim().slice(0, 500));
  return Object.assign(error, { code: found ?? `exit-${code}` });
}
