/**
 * What makes a machine a member: an admin key's word that this node belongs to this cluster, until a day. As text: base64url of the
 * signature and the canonical CBOR that it signs. There is one way to write a certificate, and nothing else is read.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import * as z from 'zod';
import type { NodeId } from '../../../src/model/job.ts';
import { type AdminKey, type AdminKeyId, isAdminKeyId, isSignedBy, signatureBytes } from './admin-key.ts';

/** `worker`: it runs tasks, and neither coordinates nor votes nor submits nor admits. */
export const machineRoles = ['member', 'worker'] as const;
export type MachineRole = (typeof machineRoles)[number];

export interface Certificate {
  readonly version: 1;
  /** The cluster's id. */
  readonly cluster: string;
  /** The public key of the machine, in the form in which it is its id. */
  readonly node: NodeId;
  readonly role: MachineRole;
  /** Higher in every later one for the same machine. */
  readonly serial: number;
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly issuer: AdminKeyId;
}

export interface SignedCertificate extends Certificate {
  readonly text: string;
  /** The issuer's key made it. Whether that key may is another question. */
  readonly isGenuine: boolean;
}

/** Longer texts are no certificates. */
export const maximumCertificateText = 1024;
/** What is signed begins with this, so that no signature can be taken for one over something else. */
const context = Buffer.from('supervm member certificate 1\0');
/** The last moment that a Date can say; Unix milliseconds. */
export const lastTime = 8.64e15;
const time = z.int().min(0).max(lastTime);

const shape = z.strictObject({
  version: z.literal(1),
  cluster: z.string().regex(/^[0-9a-f]{64}$/),
  node: z.string().min(1).max(128),
  role: z.enum(machineRoles),
  serial: time,
  notBefore: time,
  notAfter: time,
  issuer: z.string().refine(isAdminKeyId),
}) satisfies z.ZodType<Certificate>;

export function issueCertificate(content: Omit<Certificate, 'version' | 'issuer'>, key: AdminKey): SignedCertificate {
  const certificate: Certificate = { version: 1, ...content, issuer: key.id };
  const bytes = encode(certificate, rfc8949EncodeOptions);
  const text = Buffer.concat([key.sign(Buffer.concat([context, bytes])), bytes]).toString('base64url');
  return { ...certificate, text, isGenuine: true };
}

/** Throws TypeError on anything that `issueCertificate` would not have written, but for the signature, which the result judges. */
export function readCertificate(text: string): SignedCertificate {
  const all = Buffer.from(text.slice(0, maximumCertificateText), 'base64url');
  if (all.toString('base64url') !== text) throw new TypeError('not base64url');
  const [signature, bytes] = [all.subarray(0, signatureBytes), all.subarray(signatureBytes)];
  let content: Certificate;
  try {
    content = shape.parse(decode(bytes, { strict: true, rejectDuplicateMapKeys: true, allowUndefined: false, allowIndefinite: false }));
  } catch (cause) {
    throw new TypeError('not a certificate', { cause });
  }
  if (!bytes.equals(encode(content, rfc8949EncodeOptions))) throw new TypeError('not canonical');
  return { ...content, text, isGenuine: isSignedBy(content.issuer, Buffer.concat([context, bytes]), signature) };
}
