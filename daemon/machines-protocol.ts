/** What machines of a cluster say to each other about belonging to it, once the hello is over. */
import * as z from 'zod';
import type { SecretReplacement } from './network/cluster-key.ts';
import { nodeIdSchema } from './network/papers/signed-facts.ts';
import type { Protocol } from './wire/messenger.ts';

const secret = z.strictObject({
  number: z
    .int()
    .min(2)
    .max(2 ** 30),
  secret: z.string().length(43),
  until: z.int().min(0),
  signedBy: z.string().length(43),
  signature: z.string().max(128),
}) satisfies z.ZodType<SecretReplacement>;

const message = z.discriminatedUnion('type', [
  /** Which secret of the cluster the sender has; whoever has a later one answers with it. */
  z.strictObject({ type: z.literal('holds'), number: z.int().min(1) }),
  z.strictObject({ type: z.literal('secret'), secret }),
]);

/** Asked of machines that hold an admin key. */
const request = z.discriminatedUnion('type', [z.strictObject({ type: z.literal('expel'), node: nodeIdSchema })]);
const reply = z.discriminatedUnion('type', [z.strictObject({ type: z.literal('expelled'), copies: z.array(z.string().max(256)).max(512) })]);

export const machinesProtocol: Protocol<z.infer<typeof message>, z.infer<typeof request>, z.infer<typeof reply>> = {
  id: '/supervm/machines/1',
  message,
  request,
  reply,
  maximumBytes: 256 * 1024,
};
