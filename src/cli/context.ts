/** What every command gets. */
import { type Client, createClient } from '../api/client.ts';
import type { Environment } from '../settings/environment.ts';
import { type Paths, pathsOf } from '../settings/paths.ts';
import { assertPrivateFolder } from '../settings/private-folder.ts';
import type { Output } from './output/output.ts';

export interface Context {
  readonly environment: Environment;
  readonly paths: Paths;
  readonly output: Output;
  /** Absolute. */
  readonly workingFolder: string;
  /** Aborts on Ctrl-C and SIGTERM; `stoppedBy` then says which. */
  readonly signal: AbortSignal;
  client(): Client;
}

/** A command's exit code. */
export type Exit = number;

/** Runs a command's work once its flags are known. */
export type Run = (work: (context: Context) => Promise<Exit>) => Promise<void>;

export function createContext(parts: Pick<Context, 'environment' | 'output' | 'workingFolder' | 'signal'>): Context {
  const paths = pathsOf(parts.environment);
  return {
    ...parts,
    paths,
    client: () => {
      // A socket outside the home folder is in /tmp, where others could put one of theirs.
      if (!paths.socket.startsWith(`${paths.home}/`)) assertPrivateFolder(paths.run);
      return createClient({ socketPath: paths.socket });
    },
  };
}
