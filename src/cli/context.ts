/** What every command gets. */
import { type Client, createClient } from '../api/client.ts';
import { patientClient } from '../api/patient-client.ts';
import type { Environment } from '../settings/environment.ts';
import { type Paths, pathsOf } from '../settings/paths.ts';
import { assertPrivateFolder } from '../settings/private-folder.ts';
import { now, pause } from './clock.ts';
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

/** For what may be said twice: until then a killed daemon is often back, and an unreachable machine known to be. */
const patienceMs = 10_000;

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
      return patientClient(createClient({ socketPath: paths.socket }), { withinMs: patienceMs, onAgain: sayOnce(parts.output) }, { now, pause });
    },
  };
}

function sayOnce(output: Output): (error: Error) => void {
  let said = false;
  return (error) => {
    if (!said) output.note(`${error.message} Trying again for up to ${patienceMs / 1000} s.`);
    said = true;
  };
}
