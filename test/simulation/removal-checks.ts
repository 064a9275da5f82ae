/** Removed jobs: they stay removed everywhere, of their facts nothing is left but places in the chains, and in the end their bytes are gone. */
import { collectedOf } from '../../daemon/records/collected.ts';
import { entryDigest, noPredecessor } from '../../daemon/records/entry-logs.ts';
import type { Entry, Fact } from '../../src/model/facts.ts';
import type { JobId } from '../../src/model/job.ts';
import type { Chronicle } from './chronicle.ts';
import type { Machine } from './machine.ts';

/** What of a removed job is still on the disks; undefined when its facts are collected everywhere. */
export function uncollected(nodes: readonly Machine[]): string | undefined {
  for (const { plan, disk, life } of nodes) {
    const isRemoved = (job: JobId): boolean => life?.plane.journal.job(job)?.removed === true;
    if (
      life === undefined ||
      !life.plane.journal
        .jobs()
        .values()
        .some(({ removed }) => removed)
    )
      continue;
    for (const { fact } of [...disk.logs.values()].flat()) {
      const { type, job } = fact as Fact;
      if (isRemoved(job) && type !== 'removed' && collectedOf(fact) === undefined) return `${plan.id} still has ${type} of the removed ${job.slice(0, 6)}`;
    }
  }
  return undefined;
}

export function checkRemoved(nodes: readonly Machine[], chronicle: Chronicle): void {
  for (const promise of chronicle.removed) {
    if (!chronicle.mustHold(promise)) continue;
    for (const { plan, life } of nodes) {
      if (life?.plane.journal.job(promise.job)?.removed !== true) chronicle.violate('world', `${plan.id} has the removed ${promise.job.slice(0, 6)} again`);
    }
  }
  for (const { plan, disk } of nodes) {
    for (const [origin, log] of disk.logs) {
      if (!log.some(({ fact }) => collectedOf(fact) !== undefined)) continue;
      chronicle.count('facts of a removed job collected');
      if (!isChained(log)) chronicle.violate('world', `the chain of ${origin} is broken on ${plan.id}`);
    }
  }
}

/** Long after the removal. */
export function checkBytesAreGone(nodes: readonly Machine[], chronicle: Chronicle): void {
  for (const [job, digests] of chronicle.doomed) {
    for (const { plan, life, blobDisk } of nodes) {
      if (life?.plane.journal.job(job)?.removed !== true) continue;
      const left = [...digests].filter((digest) => blobDisk.isDurable(digest));
      if (left.length > 0) chronicle.violate('world', `${left.length} of ${digests.size} files of the removed ${job.slice(0, 6)} are still on ${plan.id}`);
      else chronicle.count('bytes of a removed job freed');
    }
  }
}

function isChained(log: readonly Entry[]): boolean {
  return log.every((entry, place) => entry.previous === (place === 0 ? noPredecessor : entryDigest(log[place - 1] as Entry)));
}
