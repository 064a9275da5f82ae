/** The two facts about a cluster that only an admin key can state: whose admin key counts besides, and which machine no longer belongs. */
import { encode, rfc8949EncodeOptions } from 'cborg';
import * as z from 'zod';
import type { AdminAdded, MemberRemoved } from '../../../src/model/cluster-facts.ts';
import { type AdminKey, isAdminKeyId, isSignedBy } from './admin-key.ts';

type SignedFact = AdminAdded | MemberRemoved;
type Unsigned<F extends SignedFact> = Omit<F, 'type' | 'signedBy' | 'signature'>;

/** Of an Ed25519 key, as every machine has one. */
export const nodeIdSchema = z.string().regex(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/);

/** The last moment that a Date can say, in Unix milliseconds. */
const endOfTime = 8.64e15;
const signed = { at: z.int().min(0).max(endOfTime), signedBy: z.string().refine(isAdminKeyId), signature: z.string().max(256) };

/** `name` is the id of the node that holds the key, or `recovery`. */
export const adminAddedSchema = z.strictObject({
  type: z.literal('admin-added'),
  key: z.string().refine(isAdminKeyId),
  name: z.string().min(1).max(64),
  ...signed,
}) satisfies z.ZodType<AdminAdded>;

export const memberRemovedSchema = z.strictObject({
  type: z.literal('member-removed'),
  node: z.string().min(1).max(128),
  serial: z.int().min(0).exactOptional(),
  ...signed,
}) satisfies z.ZodType<MemberRemoved>;

export function signAdmin(cluster: string, content: Unsigned<AdminAdded>, key: AdminKey): AdminAdded {
  const fact = { type: 'admin-added', ...content, signedBy: key.id, signature: '' } as const;
  return { ...fact, signature: key.sign(signedBytes(cluster, fact)).toString('base64url') };
}

export function signRemoval(cluster: string, content: Unsigned<MemberRemoved>, key: AdminKey): MemberRemoved {
  const fact = { type: 'member-removed', ...content, signedBy: key.id, signature: '' } as const;
  return { ...fact, signature: key.sign(signedBytes(cluster, fact)).toString('base64url') };
}

/** It names a machine, so that a removal can void it, or is the recovery key. For what strangers and other members say. */
export function isWellNamed(fact: SignedFact): boolean {
  return fact.type === 'admin-added' ? fact.name === 'recovery' || isNodeId(fact.name) : isNodeId(fact.node);
}

function isNodeId(text: string): boolean {
  return nodeIdSchema.safeParse(text).success;
}

/** The key that it names made it, for this cluster. Whether that key may is another question. */
export function isGenuine(cluster: string, fact: SignedFact): boolean {
  // What the file of papers could not be read with again.
  const isStorable = Number.isSafeInteger(fact.at) && fact.at >= 0 && fact.at <= endOfTime && (fact.type === 'member-removed' || isAdminKeyId(fact.key));
  if (!isStorable) return false;
  const signature = Buffer.from(fact.signature, 'base64url');
  return signature.toString('base64url') === fact.signature && isSignedBy(fact.signedBy, signedBytes(cluster, fact), signature);
}

/** `content`: all that a replacement of the cluster's secret says, but for the signature. */
export function signReplacement(cluster: string, content: ReplacementContent, key: AdminKey): string {
  return key.sign(replacementBytes(cluster, content)).toString('base64url');
}

export function isGenuineReplacement(cluster: string, { signature, ...content }: ReplacementContent & { readonly signature: string }): boolean {
  return isSignedBy(content.signedBy, replacementBytes(cluster, content), Buffer.from(signature, 'base64url'));
}

interface ReplacementContent {
  readonly number: number;
  readonly secret: string;
  readonly until: number;
  readonly signedBy: string;
}

function replacementBytes(cluster: string, { number, secret, until, signedBy }: ReplacementContent): Uint8Array {
  return encode({ context: 'supervm cluster secret 1', cluster, number, secret, until, signedBy }, rfc8949EncodeOptions);
}

function signedBytes(cluster: string, { signature: _, ...content }: SignedFact): Uint8Array {
  return encode({ context: 'supervm cluster fact 1', cluster, ...content }, rfc8949EncodeOptions);
}
