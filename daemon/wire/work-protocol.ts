/**
 * What a coordinator asks of workers. Every message carries the coordinator's term: a worker obeys no term below the highest it has seen.
 *
 * The lease of a once-only attempt (one assigned with `leaseMs`), so that no two attempts at its task ever run at one time:
 * - Being assigned is not yet a lease. The worker holds the attempt as `queued` and renews: it sends its holdings to the coordinator as a
 *   request (`report` in coordination-protocol.ts); what the answer `renewed` names is renewed until `leaseMs` after that request was
 *   SENT, on the worker's own clock, which goes on while the machine sleeps. Only then may the attempt start.
 * - It renews every `leaseMs / 4` while it holds the attempt, finished and unanswered included. What an answer does not name, and a
 *   request without an answer, renews nothing; the lease before goes on to its end.
 * - At the end of the lease the processes of the attempt are killed, by the launcher even without the daemon, and are gone within
 *   `leaseGraceMs`; the attempt then counts as aborted. The lease's end is on disk with the attempt, so that adoption knows it.
 * - The coordinator places the task again only `leaseMs + leaseGraceMs` after its last answer, counted by its own clock, or when the
 *   worker itself refused the attempt or told of its failure.
 */
import * as z from 'zod';
import { attemptSchema, nodeIdSchema, termSchema } from './attempt-schema.ts';
import type { Protocol } from './messenger.ts';

/** A worker takes no more attempts than it can tell of, those included whose results nobody could keep yet. */
export const mostHeld = 1024;

/** A killed attempt's last process is gone this many milliseconds after the end of its lease; covers clocks that run at different rates, too. */
export const leaseGraceMs = 5_000;

const attempts = z.array(attemptSchema).max(mostHeld).readonly();

/** An attempt as its worker sees it. `finished`: it has ended and is being offered or reported. */
const held = z.strictObject({
  attempt: attemptSchema,
  state: z.enum(['queued', 'running', 'finished']),
  fraction: z.number().min(0).max(1),
  message: z.string().max(200),
});

/** What a worker holds, in the order in which it was assigned. */
export const holdingsSchema = z.strictObject({
  incarnation: z.int().nonnegative(),
  /** The last batch of assignments it has dealt with, and whose: what it does not hold of earlier batches it has lost. */
  batch: z.strictObject({ term: termSchema, number: z.int().nonnegative() }).exactOptional(),
  attempts: z.array(held).max(mostHeld).readonly(),
});

/** `already-held`: the worker has another attempt at the same task, which its next report names. `holds-too-many`: it can name no more. */
export const refusalReasons = ['paused', 'cancelled', 'already-held', 'already-kept', 'unknown-job', 'stopping', 'holds-too-many'] as const;

const assign = z.strictObject({
  type: z.literal('assign'),
  term: termSchema,
  /** 1, 2, 3 ... for this worker in this term. */
  batch: z.int().positive(),
  /** `holders`: nodes that should have the job's inputs, best first. `leaseMs`: its step is once-only, see above. */
  attempts: z
    .array(z.strictObject({ attempt: attemptSchema, holders: z.array(nodeIdSchema).max(16).readonly(), leaseMs: z.int().positive().exactOptional() }))
    .max(mostHeld)
    .readonly(),
});
const census = z.strictObject({ type: z.literal('census'), term: termSchema });

const reply = z.discriminatedUnion('type', [
  /** All but these are queued or running now. */
  z.strictObject({
    type: z.literal('assigned'),
    refused: z
      .array(z.strictObject({ attempt: attemptSchema, reason: z.enum(refusalReasons) }))
      .max(mostHeld)
      .readonly(),
  }),
  z.strictObject({ type: z.literal('holdings'), holdings: holdingsSchema }),
  /** The worker has heard of a higher term. */
  z.strictObject({ type: z.literal('fenced'), term: termSchema }),
]);

const stop = z.strictObject({ type: z.literal('stop'), term: termSchema, attempts });

export type HeldAttempt = z.infer<typeof held>;
export type Holdings = z.infer<typeof holdingsSchema>;
export type Assignment = z.infer<typeof assign>;
export type RefusalReason = (typeof refusalReasons)[number];
export type WorkMessage = z.infer<typeof stop>;
export type WorkRequest = Assignment | z.infer<typeof census>;
export type WorkReply = z.infer<typeof reply>;

export const workProtocol: Protocol<WorkMessage, WorkRequest, WorkReply> = {
  id: '/supervm/work/1',
  message: stop,
  request: z.discriminatedUnion('type', [assign, census]),
  reply,
  maximumBytes: 1024 * 1024,
};
