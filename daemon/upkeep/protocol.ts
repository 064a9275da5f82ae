/** What everybody may ask the coordinator about copies: it alone looks for the bytes, whoever shows them. */
import * as z from 'zod';
import { digestSchema } from '../wire/attempt-schema.ts';
import type { Protocol } from '../wire/messenger.ts';

/** Jobs in one answer, the least durable first. */
export const mostJobs = 1000;
const maximumBytes = 1024 * 1024;
/** What they may need as JSON, which is more than as CBOR. */
export const mostJobBytes = maximumBytes - 4096;

const hosts = z.array(z.string().min(1).max(128)).max(64).readonly();

const jobCopies = z.strictObject({
  job: digestSchema,
  /** Machines that hold every input file; empty when none has them all, and once the job has ended: nobody needs them then. */
  inputs: hosts,
  /** Machines that hold the least held result which is not in the submitter's folder yet; absent while there is none. */
  results: z.int().nonnegative().exactOptional(),
});

const request = z.strictObject({ type: z.literal('copies') });
const reply = z.strictObject({
  type: z.literal('copies'),
  /** False when the node asked does not coordinate. */
  known: z.boolean(),
  jobs: z.array(jobCopies).max(mostJobs).readonly(),
});

export type JobCopies = z.infer<typeof jobCopies>;

export const upkeepProtocol: Protocol<never, z.infer<typeof request>, z.infer<typeof reply>> = {
  id: '/supervm/upkeep/1',
  message: z.never(),
  request,
  reply,
  maximumBytes,
};
