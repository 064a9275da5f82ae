/** What everybody tells and asks the coordinator: workers report, offer results and tell failures; clients ask how jobs stand. */
import * as z from 'zod';
import { attemptSchema, digestSchema, failureSchema, nodeIdSchema, outputSchema, runReportSchema, termSchema } from './attempt-schema.ts';
import type { Protocol } from './messenger.ts';
import { holdingsSchema } from './work-protocol.ts';

/** Running attempts named in one overview of a job; a view shows no more. */
export const mostRunningShown = 200;

/** As many as a worker can hold. */
const mostRenewed = 1024;

/** Files of one task, so that an offer and its fact fit a frame. */
export const mostOutputs = 1024;

/**
 * About every second while a worker holds anything, and when that changes: says that what it names is still held. As a request it
 * also renews the leases of once-only attempts (work-protocol.ts), and is answered `renewed`.
 */
const report = z.strictObject({ type: z.literal('report'), holdings: holdingsSchema });

/** By the coordinator of the term, to everybody: the outcome that it gave the job's generation is settled. */
const settled = z.strictObject({ type: z.literal('settled'), job: digestSchema, generation: z.int().positive(), term: termSchema });

const offer = z.strictObject({
  type: z.literal('offer'),
  attempt: attemptSchema,
  outputs: z.array(outputSchema).max(mostOutputs).readonly(),
  report: runReportSchema,
});
const failed = z.strictObject({ type: z.literal('failed'), attempt: attemptSchema, failure: failureSchema });
const overview = z.strictObject({ type: z.literal('overview'), job: digestSchema.exactOptional() });
const why = z.strictObject({ type: z.literal('why'), job: digestSchema });

export const offerRefusals = ['already-kept', 'cancelled', 'generation', 'ended', 'removed', 'unknown-task'] as const;

const runningAttempt = z.strictObject({ attempt: attemptSchema, fraction: z.number(), message: z.string(), seconds: z.number() });
const jobOverview = z.strictObject({
  job: digestSchema,
  pending: z.int(),
  running: z.array(runningAttempt).max(mostRunningShown).readonly(),
  etaSeconds: z.number().optional(),
});
const waitingReason = z.strictObject({
  code: z.enum([
    'no-program',
    'program-too-old',
    'too-small',
    'all-busy',
    'nodes-paused',
    'job-paused',
    'needs-step',
    'no-node',
    'inputs-missing',
    'needs-quorum',
    'needs-lease-end',
    'cut-off',
    'about-to-start',
  ]),
  tasks: z.int(),
  step: z.string(),
  detail: z.string().max(500).exactOptional(),
  nodes: z.array(z.strictObject({ node: nodeIdSchema, reason: z.string() })).readonly(),
});

const reply = z.discriminatedUnion('type', [
  /** The result is on disk with the copies that the fact names. `quorate`: and is settled for good, no other result of the task will ever win. */
  z.strictObject({ type: z.literal('kept'), quorate: z.literal(true).exactOptional() }),
  /** The failure is on disk. */
  z.strictObject({ type: z.literal('noted') }),
  /** Drop it: it will never be kept. */
  z.strictObject({ type: z.literal('refused'), reason: z.enum(offerRefusals) }),
  /** Ask again in a while, or whoever coordinates then. */
  z.strictObject({ type: z.literal('later'), reason: z.string().max(500) }),
  z.strictObject({ type: z.literal('overview'), jobs: z.array(jobOverview).readonly() }),
  z.strictObject({ type: z.literal('why'), reasons: z.array(waitingReason).readonly() }),
  /** These once-only attempts are renewed, from the sending of the request on; all others are not. */
  z.strictObject({ type: z.literal('renewed'), attempts: z.array(attemptSchema).max(mostRenewed).readonly() }),
]);

export type Offer = z.infer<typeof offer>;
export type FailureNotice = z.infer<typeof failed>;
export type OfferRefusal = (typeof offerRefusals)[number];
export type SettledNotice = z.infer<typeof settled>;
export type CoordinationMessage = z.infer<typeof report> | SettledNotice;
export type CoordinationRequest = Offer | FailureNotice | z.infer<typeof overview> | z.infer<typeof why> | z.infer<typeof report>;
export type CoordinationReply = z.infer<typeof reply>;

export const coordinationProtocol: Protocol<CoordinationMessage, CoordinationRequest, CoordinationReply> = {
  id: '/supervm/coordination/1',
  message: z.discriminatedUnion('type', [report, settled]),
  request: z.discriminatedUnion('type', [offer, failed, overview, why, report]),
  reply,
  maximumBytes: 1024 * 1024,
};
