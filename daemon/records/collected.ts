/**
 * What is left of an entry whose job was removed: its place in the chain and its digest, without its fact. Whoever sees one
 * learns from it alone that the job was removed: to wait for the `removed` fact instead would never end where two
 * logs each have the tombstone of a job before the removal of the other's.
 */
import type { Entry } from '../../src/model/facts.ts';
import type { Digest, JobId } from '../../src/model/job.ts';

interface Collected {
  readonly type: 'collected';
  readonly job: JobId;
  /** Of the entry as it was written. */
  readonly digest: Digest;
}

const digestShape = /^[0-9a-f]{64}$/;

/** Undefined for everything else. */
export function collectedOf(fact: unknown): Collected | undefined {
  if (typeof fact !== 'object' || fact === null || !('type' in fact) || fact.type !== 'collected') return undefined;
  const { job, digest } = fact as Partial<Collected>;
  return typeof job === 'string' && typeof digest === 'string' && digestShape.test(job) && digestShape.test(digest)
    ? { type: 'collected', job, digest }
    : undefined;
}

/** `digest`: of the entry. */
export function tombstoneOf({ origin, sequence, previous }: Entry, job: JobId, digest: Digest): Entry {
  const fact: Collected = { type: 'collected', job, digest };
  return { origin, sequence, previous, fact };
}
