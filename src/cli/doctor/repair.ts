/** What `supervm doctor --fix` does itself: supervm's own files at once, the system only when told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import type { Finding, Repair } from './finding.ts';

export interface Repaired {
  readonly what: string;
  readonly done: boolean;
  /** Why not. */
  readonly problem: string;
}

/** Of findings that are wrong, each thing once. */
export function repairsOf(findings: readonly Finding[]): readonly Repair[] {
  const wrong = findings.filter(({ state }) => state === 'failing' || state === 'warning');
  return [...new Map(wrong.flatMap(({ repairs }) => repairs).map((repair) => [repairText(repair), repair])).values()];
}

export function repairText(repair: Repair): string {
  switch (repair.kind) {
    case 'remove':
      return `remove ${repair.path}`;
    case 'set-mode':
      return `close ${repair.path} to other users`;
    case 'install':
      return `run: ${repair.command.join(' ')}`;
  }
}

/** `agree` is asked before anything that changes more than supervm's own files. */
export async function repairAll(repairs: readonly Repair[], agree: (what: string) => Promise<boolean>): Promise<readonly Repaired[]> {
  const results: Repaired[] = [];
  for (const repair of repairs) {
    const what = repairText(repair);
    if (repair.kind === 'install' && !(await agree(what))) {
      results.push({ what, done: false, problem: 'not agreed to' });
      continue;
    }
    const problem = await apply(repair).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    results.push({ what, done: problem === undefined, problem: problem ?? '' });
  }
  return results;
}

/** Resolves with what went wrong. */
async function apply(repair: Repair): Promise<string | undefined> {
  switch (repair.kind) {
    case 'remove':
      rmSync(repair.path, { recursive: true, force: true });
      return undefined;
    case 'set-mode':
      chmodSync(repair.path, repair.mode);
      return undefined;
    case 'install': {
      const [file, ...words] = repair.command;
      // What it prints goes to standard error: standard output is the report's.
      const child = spawn('env', ['DEBIAN_FRONTEND=noninteractive', file, ...words, '-y'], { stdio: ['ignore', 2, 2] });
      const [code] = (await once(child, 'close')) as [number | null];
      return code === 0 ? undefined : `it ended with ${code ?? 'a signal'}`;
    }
  }
}
