/**
 * What is left of an entry whose job was removed, or that other statements about the cluster made void: its place in the chain and
 * its digest, without its fact. Whoever sees one that names a job learns from it alone that the job was removed: to wait for the
 * `removed` fact instead would never end where two logs each have the tombstone of a job before the removal of the other's.
 */
import type { Entry } from '../../src/model/facts.ts';
import type { Digest, JobId } from '../../src/model/job.ts';

interface Collected {
  readonly type: 'collected';
  /** Absent in place of a cluster fact. */
  readonly job?: JobId;
  /** Of the entry as it was written. */
  readonly digest: Digest;
}

const digestShape = /^[0-9a-f]{64}$/;

/** Undefined for everything else. */
export function collectedOf(fact: unknown): Collected | undefined {
  if (typeof fact !== 'object' || fact === null || !('type' in fact) || fact.type !== 'collected') return undefined;
  const { job, digest } = fact as { readonly job?: unknown; readonly digest?: unknown };
  if (!isDigest(digest) || (job !== undefined && !isDigest(job))) return undefined;
  return { type: 'collected', ...(job === undefined ? {} : { job }), digest };
}

function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && digestShape.test(value);
}

/** `digest`: of the entry; `job`: undefined for a cluster fact. */
export function tombstoneOf({ origin, sequence, previous }: Entry, job: JobId | undefined, digest: Digest): Entry {
  const fact: Collected = { type: 'collected', ...(job === undefined ? {} : { job }), digest };
  return { origin, sequence, previous, fact };
}
