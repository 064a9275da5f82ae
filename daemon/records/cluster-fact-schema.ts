/** Cluster facts at the boundary: small, bounded and safe to show. */
import * as z from 'zod';
import { type ClusterFact, isPrintable, isPrintableName, isSecretName } from '../../src/model/cluster-facts.ts';
import { clockSchema, digestSchema, nodeIdSchema, timeSchema } from '../wire/attempt-schema.ts';

/** Characters. */
const mostSealed = 48 * 1024;

const common = { at: timeSchema };
const name = z.string().refine(isPrintableName, 'is not 1 to 64 printable characters');
const shown = (most: number) => z.string().max(most).refine(isPrintable, 'has characters that cannot be printed');
const encoded = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\w-]+$/);
const signed = { signedBy: encoded(128), signature: encoded(256) };
const secret = {
  name: z.string().refine(isSecretName, 'is no name of a secret'),
  clock: clockSchema,
  node: nodeIdSchema,
};
const personRole = z.enum(['viewer', 'user', 'admin']);
const tokenId = z.string().regex(/^[0-9a-f]{16}$/);

export const clusterFactSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...common, ...signed, type: z.literal('member-removed'), node: nodeIdSchema, serial: z.int().nonnegative().exactOptional() }),
  z.strictObject({ ...common, ...signed, type: z.literal('admin-added'), key: encoded(128), name }),
  z.strictObject({
    ...common,
    type: z.literal('token-created'),
    id: tokenId,
    hash: digestSchema,
    role: personRole,
    name,
    expires: z.number(),
    by: shown(160),
    ending: encoded(4),
  }),
  z.strictObject({ ...common, type: z.literal('token-revoked'), id: tokenId }),
  z.strictObject({ ...common, ...secret, type: z.literal('secret-set'), sealed: encoded(mostSealed), by: shown(160) }),
  z.strictObject({ ...common, ...secret, type: z.literal('secret-removed') }),
  z.strictObject({
    ...common,
    type: z.literal('audited'),
    node: nodeIdSchema,
    who: shown(160),
    door: z.enum(['socket', 'http', 'peer', 'pairing']),
    action: shown(64),
    subject: shown(160),
    outcome: z.enum(['done', 'refused', 'failed']),
    detail: shown(500).exactOptional(),
    role: personRole.exactOptional(),
  }),
]) satisfies z.ZodType<ClusterFact>;

export const clusterFactTypes: ReadonlySet<unknown> = new Set(clusterFactSchema.options.map((option) => option.shape.type.value));

/** A revocation must reach all connected nodes at once, in a large cluster too; what is only for people to read need not. */
export function concernsEverybody(fact: unknown): boolean {
  const { type } = fact as { readonly type?: unknown };
  return clusterFactTypes.has(type) && type !== 'audited';
}
