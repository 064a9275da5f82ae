/** May the machine of a home folder join a cluster? Jobs do not move between clusters, and no node changes sides unasked. */
import { existsSync, rmSync } from 'node:fs';
import { SupervmError } from '../src/model/errors.ts';
import type { Paths } from '../src/settings/paths.ts';
import { programFile } from '../src/settings/program-files.ts';
import type { Clock, Randomness } from './clock.ts';
import { networkFile } from './network-parts.ts';
import { JobBook } from './records/job-book.ts';
import { SqliteStore } from './records/sqlite-store.ts';
import { rememberNetwork } from './remembered.ts';

/** Rejects `cluster-exists` when the home knows jobs or other nodes, `records-damaged` when nobody can tell. Call with the folder locked. */
export async function assertFreeToJoin(paths: Paths, needs: { readonly clock: Clock; readonly randomness: Randomness }): Promise<void> {
  const peers = Object.keys(rememberNetwork(networkFile(paths)).known.book).length;
  if (peers > 0) throw taken(paths, `belongs to a cluster of ${peers + 1} nodes`);
  const jobs = await countJobs(paths, needs);
  if (jobs > 0) throw taken(paths, `has a cluster of its own with ${jobs === 1 ? 'a job' : `${jobs} jobs`} in it`);
}

/** What it wrote as a cluster of its own (tokens, secrets, the audit) is no word in another. Call with the folder locked. */
export function dropOwnRecords({ records }: Pick<Paths, 'records'>): void {
  for (const companion of ['', '-wal', '-shm']) rmSync(records + companion, { force: true });
}

function taken({ home }: Paths, why: string): SupervmError {
  const hint = `Jobs do not move between clusters. Join with a new home folder (SUPERVM_HOME), or remove ${home} first.`;
  return new SupervmError('cluster-exists', `This machine ${why}.`, hint);
}

async function countJobs({ records }: Paths, needs: { readonly clock: Clock; readonly randomness: Randomness }): Promise<number> {
  if (!existsSync(records)) return 0;
  const store = new SqliteStore({ file: records, workerFile: programFile('daemon/records/store-worker.ts') }, needs);
  await store.start();
  try {
    const book = new JobBook({ onTrouble: () => undefined });
    book.load((await store.load()).entries);
    return [...book.jobs.values()].filter((state) => !state.removed).length;
  } finally {
    await store.stop();
  }
}
