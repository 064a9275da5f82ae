/**
 * Facts at the boundary. What does not pass is kept in its origin's log and passed on, or the chain would break and a
 * newer version's facts would be lost on the way through an older one; but it is never folded.
 */
import * as z from 'zod';
import type { ClusterFact } from '../../src/model/cluster-facts.ts';
import type { Fact } from '../../src/model/facts.ts';
import {
  attemptSchema,
  clockSchema,
  digestSchema,
  failureSchema,
  highestCounter,
  nodeIdSchema,
  outputSchema,
  runReportSchema,
  termSchema,
  timeSchema,
} from '../wire/attempt-schema.ts';
import { jobIdOf } from './canonical.ts';
import { clusterFactSchema, clusterFactTypes } from './cluster-fact-schema.ts';
import { recordSchema } from './record-schema.ts';

const common = { job: digestSchema, at: timeSchema };
const generation = z.int().positive().max(highestCounter);
const taskReference = z.strictObject({ step: z.string().min(1).max(128), index: z.int().nonnegative() });
const holder = z.strictObject({ node: nodeIdSchema, host: z.string().min(1).max(128) });

const factSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('submitted'), record: recordSchema }),
  z.strictObject({
    ...common,
    type: z.literal('result-kept'),
    attempt: attemptSchema,
    term: termSchema,
    outputs: z.array(outputSchema).max(1024),
    report: runReportSchema,
    holders: z.array(holder).max(64),
    quorate: z.literal(true).exactOptional(),
  }),
  z.strictObject({ ...common, type: z.literal('attempt-failed'), attempt: attemptSchema, failure: failureSchema }),
  z.strictObject({ ...common, type: z.literal('cancelled'), generation }),
  z.strictObject({ ...common, type: z.literal('retried'), generation }),
  z.strictObject({
    ...common,
    type: z.literal('ended'),
    generation,
    outcome: z.enum(['succeeded', 'partly-failed', 'failed', 'cancelled']),
    term: termSchema,
    kept: z.int().nonnegative(),
    failed: z.array(taskReference).max(10_000),
    quorate: z.literal(true).exactOptional(),
  }),
  z.strictObject({ ...common, type: z.literal('pause-set'), paused: z.boolean(), clock: clockSchema, node: nodeIdSchema }),
  z.strictObject({ ...common, type: z.literal('result-lost'), attempt: attemptSchema }),
  z.strictObject({ ...common, type: z.literal('delivered'), generation }),
  z.strictObject({ ...common, type: z.literal('removed') }),
]) satisfies z.ZodType<Fact>;

const knownTypes: ReadonlySet<unknown> = new Set(factSchema.options.map((option) => option.shape.type.value));

/** What an entry may say. */
export type AnyFact = Fact | ClusterFact;

export type FactReading =
  /** About a job. */
  | { readonly kind: 'fact'; readonly fact: Fact }
  /** About the cluster; a signature in it is not verified yet. */
  | { readonly kind: 'cluster'; readonly fact: ClusterFact }
  /** A type that only a newer version knows. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'invalid'; readonly reason: string };

function contradiction(fact: Fact): string | undefined {
  if (fact.type === 'submitted' && jobIdOf(fact.record) !== fact.job) return 'job is not the digest of the record';
  if ((fact.type === 'result-kept' || fact.type === 'attempt-failed' || fact.type === 'result-lost') && fact.attempt.job !== fact.job)
    return 'attempt is of another job';
  return undefined;
}

function typeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
}

/** Reads what an entry carries. A fact is returned as it came, not copied. */
export function readFact(value: unknown): FactReading {
  const type = typeOf(value);
  const isOfCluster = clusterFactTypes.has(type);
  if (typeof type === 'string' && !knownTypes.has(type) && !isOfCluster) return { kind: 'unknown' };
  const parsed = (isOfCluster ? clusterFactSchema : factSchema).safeParse(value);
  if (!parsed.success) return { kind: 'invalid', reason: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') };
  if (isOfCluster) return { kind: 'cluster', fact: value as ClusterFact };
  const fact = value as Fact;
  const reason = contradiction(fact);
  return reason === undefined ? { kind: 'fact', fact } : { kind: 'invalid', reason };
}
