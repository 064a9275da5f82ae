/**
 * How nodes keep each other's logs. The owner of a log pushes new entries after its own fsync; the reply comes after the
 * receiver's fsync and names what it now has, which is what copies are counted by. Whatever a push misses is pulled.
 */
import * as z from 'zod';
import type { Entry } from '../../src/model/facts.ts';
import { digestSchema } from '../wire/attempt-schema.ts';
import type { Protocol } from '../wire/messenger.ts';
import { isPlainJson } from './json.ts';

/** An entry's fact is at most this long as JSON. One entry always fits a frame. */
export const mostFactBytes = 768 * 1024;
/** Entries go in batches of about this size: verifying and folding one takes a few milliseconds of the loop. */
export const batchBytes = 128 * 1024;
const mostEntries = 4096;
export const mostOrigins = 4096;

const originSchema = z.string().min(3).max(256);
const hostSchema = z.string().min(1).max(128);

const entrySchema = z.strictObject({
  origin: originSchema,
  sequence: z.int().positive(),
  previous: digestSchema,
  fact: z.unknown().refine((fact) => isPlainJson(fact), 'is not plain JSON'),
}) satisfies z.ZodType<Entry>;

/** The newest durable entry of a log. */
export const headSchema = z.strictObject({ origin: originSchema, sequence: z.int().positive(), digest: digestSchema });

/** What the sender has on disk; `whole`: of every origin it knows, otherwise only what changed. */
const headsSchema = z.strictObject({ host: hostSchema, whole: z.boolean(), heads: z.array(headSchema).max(mostOrigins) });

const request = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('push'), entries: z.array(entrySchema).max(mostEntries) }),
  /** Asks for what comes after these, of all other origins everything. */
  z.strictObject({ type: z.literal('pull'), after: z.array(z.strictObject({ origin: originSchema, sequence: z.int().nonnegative() })).max(mostOrigins) }),
]);

const reply = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('stored'), held: headsSchema }),
  /** `complete`: there was no more to send. */
  z.strictObject({ type: z.literal('entries'), entries: z.array(entrySchema).max(mostEntries), complete: z.boolean() }),
]);

export type Head = z.infer<typeof headSchema>;
export type Heads = z.infer<typeof headsSchema>;
export type RecordsRequest = z.infer<typeof request>;
export type RecordsReply = z.infer<typeof reply>;

export const recordsProtocol: Protocol<Heads, RecordsRequest, RecordsReply> = {
  id: '/supervm/records/1',
  message: headsSchema,
  request,
  reply,
  maximumBytes: 1024 * 1024,
};
