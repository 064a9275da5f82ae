/** Which programs and secrets a job's session gets, and what it must be able to read to run them. */
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import type { Program } from '../../src/model/inventory.ts';
import type { JobRecord } from '../../src/model/job.ts';
import { compareVersions } from '../../src/model/resources.ts';

/** Those of this node's programs that some step of the job requires, newest first; paths without links. */
export function programsFor(record: JobRecord, programs: readonly Program[]): readonly Program[] {
  const wanted = record.steps.flatMap((step) => step.requirements.programs);
  return programs
    .filter((program) =>
      wanted.some(
        ({ name, minimumVersion, features = [] }) =>
          name === program.name &&
          (minimumVersion === undefined || compareVersions(program.version, minimumVersion) >= 0) &&
          features.every((feature) => program.features.includes(feature)),
      ),
    )
    .toSorted((a, b) => compareVersions(b.version, a.version))
    .map((program) => ({ ...program, path: withoutLinks(program.path) }));
}

/** A program keeps what it needs beside itself; but a home folder is never shown for the sake of a program in it. */
export function programFolder(path: string): string {
  const folder = dirname(path);
  const home = folder === '/' || folder === homedir() || folder === '/root' || dirname(folder) === '/home';
  return home ? path : folder;
}

function withoutLinks(path: string): string {
  // Names below /usr stay: some programs look at the name they were called by.
  return path.startsWith('/usr/') || !existsSync(path) ? path : realpathSync(path);
}

/** Names of what tasks of the job are trusted with: a session takes tasks of any step. */
export function secretsOf({ steps }: JobRecord): readonly string[] {
  return [...new Set(steps.flatMap(({ secrets = [] }) => secrets))];
}
