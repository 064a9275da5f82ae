/** What a sandboxed session may read of the program: its code, never the folder that holds everything. */
import { join } from 'node:path';
import { packageFolder, programFile } from '../src/settings/program-files.ts';
import { runFileOf } from './own-job-types.ts';
import type { SessionRunner } from './worker/session-runner.ts';

export function sessionFiles(jobTypes: string): ConstructorParameters<typeof SessionRunner>[0]['files'] {
  const root = packageFolder();
  return {
    node: process.execPath,
    launcher: programFile('daemon/worker/launcher/main.ts'),
    session: programFile('daemon/worker/session/main.ts'),
    plugin: (type, digest) => runFileOf(jobTypes, type, digest),
    readable: ['src', 'daemon', 'plugins', 'dist', 'package.json'].map((name) => join(root, name)),
  };
}
