/** Schemas of attempts and what becomes of them, for every protocol that carries them. Bounds keep a frame below its limit. */
import * as z from 'zod';
import type { AttemptName, OutputFile, RunReport, TaskFailure, Term } from '../../src/model/job.ts';

export const nodeIdSchema = z.string().min(1).max(128);
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);
/** Highest number that a peer may name; there is room to count on from it. */
export const highestCounter = 2 ** 48;
const counter = z.int().nonnegative().max(highestCounter);
/** Unix milliseconds that are a date. */
export const timeSchema = z.number().min(0).max(8.64e15);
export const clockSchema = counter;

export const termSchema = z.strictObject({ number: counter, node: nodeIdSchema }) satisfies z.ZodType<Term>;

export const attemptSchema = z.strictObject({
  term: termSchema,
  job: digestSchema,
  generation: counter,
  step: z.string().min(1).max(128),
  index: counter,
  attempt: counter,
  node: nodeIdSchema,
}) satisfies z.ZodType<AttemptName>;

export const outputSchema = z.strictObject({ path: z.string().min(1).max(1024), digest: digestSchema, size: counter }) satisfies z.ZodType<OutputFile>;

export const runReportSchema = z.strictObject({
  process: counter,
  startedAt: timeSchema,
  seconds: z.number().nonnegative(),
  warnings: z.array(z.string().max(2000)).max(100).readonly(),
}) satisfies z.ZodType<RunReport>;

export const failureSchema = z.strictObject({
  code: z.string().min(1).max(64),
  message: z.string().max(4000),
  retry: z.boolean(),
  blameNode: z.boolean(),
  logTail: z.string().max(64_000),
}) satisfies z.ZodType<TaskFailure>;
