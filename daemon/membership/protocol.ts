/** Heartbeats and what nodes say of themselves, with bounds on everything a peer may send. */
import * as z from 'zod';
import type { NodeFacts } from '../../src/model/inventory.ts';
import type { Term } from '../../src/model/job.ts';
import type { Protocol } from '../wire/messenger.ts';
import { plainText } from '../wire/plain-text.ts';
import { unused } from '../wire/protocols.ts';
import type { MemberRecord } from './member-record.ts';

/** Records in one message at most; the frame's size limits them further (see `batches`). */
export const recordsPerMessage = 64;
/** Bytes of JSON that a batch of records may fill: any one valid record is smaller. */
const batchBytes = 128 * 1024;

/** Nobody is waited for longer than this, whatever it said. */
const maximumReturnMs = 60_000;

/** More neighbours than this are not told of; networks keep far fewer connections. */
export const maximumSeen = 512;

/** A start is counted by the clock: far beyond all years that a machine may take it for, and still with room above for who must outlive what others say. */
const maximumIncarnation = 2 ** 46;
/** Of a node's life as others tell of it. */
const maximumTold = 2 ** 45;

const id = z
  .string()
  .max(128)
  .regex(/^[!-~]+$/);
const word = plainText(128);
const counter = z.int().nonnegative();
const bytes = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);

const termSchema = z.strictObject({
  number: z
    .int()
    .positive()
    .max(2 ** 48),
  node: id,
}) satisfies z.ZodType<Term>;

const program = z.strictObject({ name: word, version: word, path: plainText(512), features: z.array(plainText(64)).max(16) });
const gpu = z.strictObject({ model: word, memoryBytes: bytes.exactOptional(), driver: word.exactOptional(), device: word.exactOptional() });
const inventory = z.strictObject({
  cores: z.number().nonnegative().max(65_536),
  memoryBytes: bytes,
  freeMemoryBytes: bytes,
  freeDiskBytes: bytes,
  gpus: z.array(gpu).max(32),
  programs: z.array(program).max(48),
  labels: z.record(plainText(64), word).refine((labels) => Object.keys(labels).length <= 64, 'too many labels'),
  platform: word,
  architecture: word,
  cpuLoad: z.number().nonnegative().max(65_536),
});

export const nodeFactsSchema = z.strictObject({
  id,
  name: word,
  host: id,
  version: word,
  incarnation: counter.max(maximumIncarnation),
  addresses: z.array(plainText(256)).max(32),
  role: z.literal('worker').exactOptional(),
  paused: z.boolean(),
  inventory,
  revision: counter,
}) satisfies z.ZodType<NodeFacts>;

const record = z.strictObject({
  facts: nodeFactsSchema,
  left: z.boolean(),
  returnsMs: z.int().min(0).max(maximumReturnMs).exactOptional(),
  sees: z.array(id).max(maximumSeen),
  watchers: z.array(id).max(16),
}) satisfies z.ZodType<MemberRecord>;

/** "I live, and you hear from me again within `intervalMs`"; 0: you are no longer one of my watchers. */
const beat = z.strictObject({
  type: z.literal('beat'),
  intervalMs: z.number().nonnegative().max(60_000),
  term: termSchema.exactOptional(),
});

const news = z.strictObject({
  type: z.literal('news'),
  records: z.array(record).max(recordsPerMessage),
  term: termSchema.exactOptional(),
});

export type MembershipMessage =
  | { readonly type: 'beat'; readonly intervalMs: number; readonly term?: Term }
  | { readonly type: 'news'; readonly records: readonly MemberRecord[]; readonly term?: Term };

export const membershipProtocol: Protocol<MembershipMessage, never, never> = {
  id: '/supervm/membership/1',
  message: z.discriminatedUnion('type', [beat, news]),
  request: unused,
  reply: unused,
  maximumBytes: 768 * 1024,
};

/** What others say of a node's start is not believed beyond all clocks: it could never say anything newer. */
export function isBelievable({ facts }: MemberRecord): boolean {
  return facts.incarnation <= maximumTold;
}

/** Splits records into batches that fit a message. */
export function batches(records: readonly MemberRecord[]): readonly MemberRecord[][] {
  const all: MemberRecord[][] = [];
  let room = 0;
  for (const one of records) {
    const size = JSON.stringify(one).length;
    let batch = all.at(-1);
    if (batch === undefined || size > room || batch.length >= recordsPerMessage) {
      batch = [];
      all.push(batch);
      room = batchBytes;
    }
    batch.push(one);
    room -= size;
  }
  return all;
}
