/** Where the program's own files are (src/settings/program-files.ts knows), as far as running tasks needs them. */
import type { Digest } from '../../src/model/job.ts';

export interface ProgramFiles {
  /** The Node executable. */
  readonly node: string;
  readonly launcher: string;
  readonly session: string;
  /** A job type's run.ts or its built form. Throws when the user's own is not the one of this digest. */
  plugin(type: string, digest: Digest): string;
  /** Files and folders that a session must be able to read to load those, as far as they exist; never one that holds a daemon's home. */
  readonly readable: readonly string[];
}
