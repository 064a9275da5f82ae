/** One job's way into its output folder: what is still to be written, and how far it is. */
import { join } from 'node:path';
import { attemptKey } from '../../src/model/attempt.ts';
import type { ResultKept } from '../../src/model/facts.ts';
import type { Digest, JobId, NodeId, OutputFile } from '../../src/model/job.ts';
import type { Delivered } from './delivered-list.ts';
import { staysBelow } from './output-folder.ts';

export interface DueFile {
  readonly job: JobId;
  readonly output: OutputFile;
  readonly target: string;
  readonly from: readonly NodeId[];
  /** Key of the attempt whose result it is. */
  readonly attempt: string;
}

export class JobDelivery {
  readonly job: JobId;
  readonly folder: string;
  readonly #delivered: Map<string, Digest>;
  readonly #due: DueFile[] = [];
  readonly #known = new Set<string>();
  readonly #lost = new Set<string>();
  #busy = 0;
  problem: { readonly code: string; readonly message: string } | undefined;
  /** Failures in a row; decides how long to wait. */
  failures = 0;

  constructor(job: JobId, folder: string, delivered: Delivered) {
    this.job = job;
    this.folder = folder;
    this.#delivered = new Map(delivered);
  }

  get files(): number {
    return this.#delivered.size;
  }

  get isComplete(): boolean {
    return this.#due.length === 0 && this.#busy === 0;
  }

  /** Whether all their files are in the folder, but for those that may never be there. */
  hasAll(results: Iterable<ResultKept>): boolean {
    return [...results].every(({ outputs }) => outputs.every(({ path }) => this.#delivered.has(path) || !staysBelow(path)));
  }

  /** A path is delivered once: if a partition's end lets another result win, the user's files stay and the job shows the conflict. */
  add(result: ResultKept): void {
    for (const output of result.outputs) {
      if (this.#known.has(output.path) || this.#delivered.has(output.path)) continue;
      this.#known.add(output.path);
      if (!staysBelow(output.path)) {
        this.problem = { code: 'output-invalid', message: `A result names a file outside the output folder: ${output.path}` };
        continue;
      }
      const from = [...new Set([...result.holders.map((holder) => holder.node), result.attempt.node])];
      this.#due.push({ job: this.job, output, target: join(this.folder, output.path), from, attempt: attemptKey(result.attempt) });
    }
  }

  /** Nobody has the bytes of the attempt's result any more: its files are waited for from another result. */
  lose(attempt: string): void {
    this.#lost.add(attempt);
    for (const file of this.#due.splice(0)) this.#put(file, 'last');
  }

  #put(file: DueFile, place: 'first' | 'last'): void {
    if (this.#lost.has(file.attempt)) this.#known.delete(file.output.path);
    else if (place === 'first') this.#due.unshift(file);
    else this.#due.push(file);
  }

  take(): DueFile | undefined {
    const file = this.#due.shift();
    if (file !== undefined) this.#busy += 1;
    return file;
  }

  done(file: DueFile): void {
    this.#busy -= 1;
    this.failures = 0;
    this.problem = undefined;
    this.#delivered.set(file.output.path, file.output.digest);
  }

  failed(file: DueFile, problem: { readonly code: string; readonly message: string }): void {
    this.#busy -= 1;
    this.failures += 1;
    this.problem = problem;
    this.#put(file, 'last');
  }

  /** Taken but given up because the daemon stops. */
  putBack(file: DueFile): void {
    this.#busy -= 1;
    this.#put(file, 'first');
  }
}
