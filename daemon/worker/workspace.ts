/** A job's folder on this node: its inputs, once, and a place for each session. */
import { chmod, type FileHandle, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest, NodeId } from '../../src/model/job.ts';
import { holdFolder, pathIn } from './held-folder.ts';
import type { SessionFolders } from './sandbox/sandbox.ts';
import type { WarmSession } from './session-pool.ts';
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

  /** New folders for the session of this number, which is this user when not the daemon's. */
  async session(inputs: string, id: number, user: number | undefined): Promise<SessionFolders> {
    const base = join(this.#options.folder, 'sessions', String(id));
    const folders = { inputs, scratch: join(base, 'scratch'), temporary: join(base, 'tmp'), attempts: join(base, 'attempts') };
    await mkdir(base, { recursive: true });
    // Where no mount takes its place, a session's user walks through them; whatever the daemon's umask.
    for (const passed of [dirname(base), base]) await chmod(passed, 0o755);
    for (const folder of [folders.scratch, folders.temporary, folders.attempts]) await this.#makeOwned(folder, user);
    return folders;
  }

  /** An empty folder for the outputs of one attempt, inside the session's `attempts`, which belongs to whoever runs there. */
  async attempt({ folders, user }: Pick<WarmSession, 'folders' | 'user'>, name: string): Promise<void> {
    const place = join(folders.attempts, name);
    await mkdir(place);
    await using folder = await holdFolder(place);
    const outputs = pathIn(folder, place, 'outputs');
    await mkdir(outputs);
    await using inner = await holdFolder(outputs);
    for (const held of [inner, folder]) await this.#give(held, user);
  }

  /** No session may run any more. Idempotent. */
  async remove(): Promise<void> {
    this.#removed.abort(new Error('the job has ended'));
    await this.#inputs?.catch(() => {});
    await rm(this.#options.folder, { recursive: true, force: true });
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
    await this.#give(held, user);
  }

  async #give(folder: FileHandle, user: number | undefined): Promise<void> {
    await folder.chmod(0o755);
    if (user !== undefined) await folder.chown(user, user);
  }
}
