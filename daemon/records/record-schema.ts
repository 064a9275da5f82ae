/** The schema of a job's record at the boundary. Strict and bounded: whatever passes can be folded, planned and shown safely. */
import * as z from 'zod';
import { isSecretName } from '../../src/model/cluster-facts.ts';
import { isolationLevels } from '../../src/model/isolation.ts';
import type { HostRequirements, IntegerRange, JobRecord, JsonObject, Step, TaskParameter } from '../../src/model/job.ts';
import { taskCount } from '../../src/model/parameter-space.ts';
import { digestSchema, nodeIdSchema, timeSchema } from '../wire/attempt-schema.ts';
import { isPlainJsonObject } from './json.ts';

/** More tasks than this in one step are a typing error. */
const mostTasks = 1_000_000_000;

const name = z.string().min(1).max(128);
/** Part of task keys, so without a slash. */
const stepName = name.regex(/^[^/\s]+$/);
const jsonObject = z.custom<JsonObject>(isPlainJsonObject, 'is not a plain JSON object');

const range = z.strictObject({ first: z.int(), last: z.int(), step: z.int().positive() }) satisfies z.ZodType<IntegerRange>;

const parameter = z.discriminatedUnion('type', [
  z.strictObject({ name, type: z.literal('INT'), ranges: z.array(range).max(100_000) }),
  z.strictObject({ name, type: z.literal('STRING'), values: z.array(z.string().max(4096)).max(100_000) }),
]) satisfies z.ZodType<TaskParameter>;

const requirements = z.strictObject({
  cores: z.union([z.number().nonnegative(), z.literal('all')]),
  exclusive: z.literal(true).exactOptional(),
  gpus: z.int().positive().max(32).exactOptional(),
  memoryBytes: z.number().nonnegative(),
  diskBytes: z.number().positive().exactOptional(),
  processes: z.int().positive().exactOptional(),
  network: z.literal(true).exactOptional(),
  isolation: z.enum(isolationLevels).exactOptional(),
  programs: z.array(z.strictObject({ name, minimumVersion: z.string().max(64).exactOptional(), features: z.array(name).max(64).exactOptional() })).max(64),
}) satisfies z.ZodType<HostRequirements>;

const step = z
  .strictObject({
    name: stepName,
    needs: z.array(stepName).max(256),
    parameters: z.array(parameter).max(16),
    requirements,
    maxAttempts: z.int().min(1).max(1000),
    onceOnly: z.literal(true).exactOptional(),
    timeoutSeconds: z.number().positive().exactOptional(),
    secrets: z.array(z.string().refine(isSecretName, 'is no name of a secret')).min(1).max(32).exactOptional(),
    script: jsonObject,
  })
  .refine((value) => taskCount(value) <= mostTasks, `has more than ${mostTasks} tasks`) satisfies z.ZodType<Step>;

function areDistinctAndKnown(steps: readonly Step[]): boolean {
  const names = new Set(steps.map((one) => one.name));
  return names.size === steps.length && steps.every((one) => one.needs.every((need) => names.has(need)));
}

export const recordSchema = z.strictObject({
  owner: z.string().max(256),
  key: z.string().max(256),
  name: z.string().max(512),
  type: name,
  plugin: z.strictObject({ name, version: z.string().max(64), digest: digestSchema }),
  settings: jsonObject,
  inputs: z.strictObject({ tree: digestSchema, files: z.int().nonnegative(), bytes: z.int().nonnegative() }),
  steps: z.array(step).min(1).max(256).refine(areDistinctAndKnown, 'steps must have different names and need only each other'),
  submitter: nodeIdSchema,
  submittedAt: timeSchema,
  outputFolder: z.string().max(4096),
  alone: z.literal(true).exactOptional(),
}) satisfies z.ZodType<JobRecord>;
