/** Claims to the coordinator's seat, and what makes a term quorate: voters that grant it and renew that. */
import * as z from 'zod';
import type { Term } from '../../src/model/job.ts';
import { mostVoters, type Voters } from '../../src/model/voters.ts';
import type { Protocol } from '../wire/messenger.ts';

const node = z.string().min(1).max(128);
const number = z
  .int()
  .nonnegative()
  .max(2 ** 48);
const term = z.strictObject({ number: number.positive(), node }) satisfies z.ZodType<Term>;
const store = z.string().min(1).max(64);
const voters = z.strictObject({
  number: number.positive(),
  /** 0: written by the founder before there was any term. */
  term: z.strictObject({ number, node }),
  voters: z.array(z.strictObject({ node, store })).min(1).max(mostVoters).readonly(),
  forced: z.literal(true).exactOptional(),
}) satisfies z.ZodType<Voters>;

const standing = { quorate: z.boolean(), reachable: z.int().nonnegative(), voters: z.int().nonnegative() };

const message = z.discriminatedUnion('type', [
  /** The highest term its sender knows: its own fresh claim, or one that outbids what the receiver said. */
  z.strictObject({ type: z.literal('term'), term }),
  /** The newest record of the voters that its sender knows. */
  z.strictObject({ type: z.literal('voters'), voters }),
  /** By the coordinator of the term: how it stands. */
  z.strictObject({ type: z.literal('standing'), term, ...standing }),
  /** The voter `node` granted the term, as its coordinator saw, when its store was `store`. */
  z.strictObject({ type: z.literal('promised'), node, store, term }),
  /** Its coordinator relies on no renewal of the term any more. */
  z.strictObject({ type: z.literal('resign'), term }),
]);

const request = z.discriminatedUnion('type', [
  /** Grant this term, or renew it; `voters`, written in this term, are to be on disk with it. */
  z.strictObject({ type: z.literal('ask'), term, voters: voters.exactOptional() }),
  /** Whom do you follow, and what store have you? */
  z.strictObject({ type: z.literal('look') }),
  /** How does your term stand now? Asked of its coordinator. */
  z.strictObject({ type: z.literal('stand') }),
  /** An admin's word: this voter will not return, and what only it and others out of reach have may be lost (`acceptLoss`). Asked of the coordinator. */
  z.strictObject({ type: z.literal('forget'), node, acceptLoss: z.literal(true).exactOptional() }),
]);

const reply = z.discriminatedUnion('type', [
  /** On disk. `voters`: the newest record that the voter has. */
  z.strictObject({ type: z.literal('granted'), store, voters: voters.exactOptional() }),
  /** `lower`: `term` was granted, which is higher. `leased`: the coordinator of `term` may still rely on this voter. `not-ready`: it has just started. */
  z.strictObject({ type: z.literal('refused'), reason: z.enum(['lower', 'leased', 'not-ready']), term: term.exactOptional(), voters: voters.exactOptional() }),
  z.strictObject({ type: z.literal('seat'), store, current: term.exactOptional() }),
  /** Absent: it coordinates no more. */
  z.strictObject({ type: z.literal('stands'), standing: z.strictObject(standing).exactOptional() }),
  z.strictObject({ type: z.literal('forgotten'), voters }),
]);

export type ElectionMessage = z.infer<typeof message>;
export type ElectionRequest = z.infer<typeof request>;
export type ElectionReply = z.infer<typeof reply>;
export type Promised = Extract<ElectionMessage, { type: 'promised' }>;
export type Ask = Extract<ElectionRequest, { type: 'ask' }>;
export type Answer = Extract<ElectionReply, { type: 'granted' | 'refused' }>;

export const electionProtocol: Protocol<ElectionMessage, ElectionRequest, ElectionReply> = {
  id: '/supervm/election/1',
  message,
  request,
  reply,
  maximumBytes: 4096,
};
