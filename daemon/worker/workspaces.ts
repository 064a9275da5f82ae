/** The workspaces of the jobs that are here. */
import { join } from 'node:path';
import type { Digest, JobId } from '../../src/model/job.ts';
import { shortName } from './attempt-logs.ts';
import type { Trees } from './task-needs.ts';
import { Workspace } from './workspace.ts';

export class Workspaces {
  readonly #folder: string;
  readonly #needs: { readonly trees: Trees };
  readonly #known = new Map<JobId, Workspace>();

  constructor(options: { readonly folder: string }, needs: { readonly trees: Trees }) {
    this.#folder = options.folder;
    this.#needs = needs;
  }

  get jobs(): readonly JobId[] {
    return [...this.#known.keys()];
  }

  has(job: JobId): boolean {
    return this.#known.has(job);
  }

  /** The job's own; a new one where there is none, `hasInputs` when an earlier daemon brought them. */
  of(job: JobId, tree: Digest, hasInputs = false): Workspace {
    const known = this.#known.get(job);
    if (known !== undefined) return known;
    const workspace = new Workspace({ folder: join(this.#folder, shortName(job)), tree, hasInputs }, this.#needs);
    this.#known.set(job, workspace);
    return workspace;
  }

  /** From now on the job has none. */
  take(job: JobId): Workspace | undefined {
    const workspace = this.#known.get(job);
    this.#known.delete(job);
    return workspace;
  }
}
