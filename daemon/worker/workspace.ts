/** A job's folder on this node: its inputs, once, and a place for each session. */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest, NodeId } from '../../src/model/job.ts';
import { holdFolder } from './held-folder.ts';
import type { SessionFolders } from './sandbox/sandbox.ts';
import type { Trees } from './task-needs.ts';

export interface WorkspaceOptions {
  readonly folder: string;
  /** Tree of the job's inputs. */
  readonly tree: Digest;
  /** An earlier daemon brought the inputs. */
  readonly hasInputs?: boolean;
}

export class Workspace {
  readonly #options: WorkspaceOptions;
  readonly #trees: Trees;
  readonly #removed = new AbortController();
  #inputs: Promise<string> | undefined;

  constructor(options: WorkspaceOptions, needs: { readonly trees: Trees }) {
    this.#options = options;
    this.#trees = needs.trees;
    if (options.hasInputs === true) this.#inputs = Promise.resolve(this.#inputsFolder);
  }

  /** The folder of inputs, complete; brought here by the first who asks. A failure is not remembered. */
  inputs(holders: readonly NodeId[]): Promise<string> {
    this.#inputs ??= this.#bring(holders).catch((error: unknown) => {
      this.#inputs = undefined;
      throw error;
    });
    return this.#inputs;
  }

  /** New folders for the session of this number, which is this user when not the daemon's. It makes one for each attempt's outputs itself. */
  async session(inputs: string, id: number, user: number | undefined): Promise<SessionFolders> {
    const base = join(this.#options.folder, 'sessions', String(id));
    const folders = { inputs, scratch: join(base, 'scratch'), temporary: join(base, 'tmp'), attempts: join(base, 'attempts') };
    await mkdir(base, { recursive: true });
    // Where no mount takes its place, a session's user walks through them; whatever the daemon's umask.
    for (const passed of [dirname(base), base]) await chmod(passed, 0o755);
    await Promise.all([folders.scratch, folders.temporary, folders.attempts].map((folder) => this.#makeOwned(folder, user)));
    return folders;
  }

  /** No session may run any more. Idempotent. Never rejects: what a disk will not let go of is left to the next start, which removes what nobody needs. */
  async remove(): Promise<void> {
    this.#removed.abort(new Error('the job has ended'));
    await this.#inputs?.catch(() => {});
    await rm(this.#options.folder, { recursive: true, force: true }).catch(() => {});
  }

  get #inputsFolder(): string {
    return join(this.#options.folder, 'inputs');
  }

  async #bring(holders: readonly NodeId[]): Promise<string> {
    this.#removed.signal.throwIfAborted();
    const folder = this.#inputsFolder;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const open of [this.#options.folder, folder]) await chmod(open, 0o755);
    await this.#trees.writeOut(this.#options.tree, folder, holders, this.#removed.signal);
    return folder;
  }

  async #makeOwned(folder: string, user: number | undefined): Promise<void> {
    await mkdir(folder);
    await using held = await holdFolder(folder);
    await held.chmod(0o755);
    if (user !== undefined) await held.chown(user, user);
  }
}
