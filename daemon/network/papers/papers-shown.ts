/** What a machine shows on every connection, and how it is judged. Pure: each node judges for itself. */
import * as z from 'zod';
import type { AdminAdded, MemberRemoved } from '../../../src/model/cluster-facts.ts';
import type { NodeId } from '../../../src/model/job.ts';
import type { AdminKeyId } from './admin-key.ts';
import { type MachineRole, maximumCertificateText, readCertificate, type SignedCertificate } from './certificate.ts';
import { adminAddedSchema, isWellNamed } from './signed-facts.ts';

export const papersSchema = z.object({
  /** Of the machine that shows it, or, when a holder of an admin key says it, of the one that it is said to. */
  certificate: z.string().max(maximumCertificateText),
  /** What leads from the founder's key to the one that issued it. */
  admins: z.array(adminAddedSchema.refine(isWellNamed)).max(8).readonly(),
});

export interface PapersShown {
  readonly certificate: string;
  readonly admins: readonly AdminAdded[];
}

/** Clocks of honest machines differ by less than this. */
const skewMs = 24 * 3_600_000;
/** A serial is the time of issue, or one more than that of the certificate before: from here on nobody could count on. */
const farMs = 10 * 365 * skewMs;

export type PapersFault =
  | 'removed'
  | 'none'
  | 'unreadable'
  | 'other-cluster'
  | 'other-node'
  | 'forged'
  | 'unknown-issuer'
  | 'issuer-removed'
  | 'early'
  | 'expired';

export interface Accepted {
  readonly role: MachineRole;
  readonly certificate: SignedCertificate;
}

export interface Refused {
  readonly fault: PapersFault;
  /** For people, about "it": the machine that showed them. */
  readonly reason: string;
  /** Where it can be read and is genuine. */
  readonly certificate?: SignedCertificate;
}

export interface Judges {
  readonly cluster: string;
  /** Unix milliseconds. */
  readonly now: number;
  removal(node: NodeId): MemberRemoved | undefined;
  isKnown(key: AdminKeyId): boolean;
  removedHolder(key: AdminKeyId): NodeId | undefined;
  /** This certificate had been seen before the one who issued it was removed. */
  wasMet(certificate: SignedCertificate): boolean;
}

export function judgePapers(node: NodeId, shown: PapersShown | undefined, judges: Judges): Accepted | Refused {
  const { cluster, now } = judges;
  const refuse = (fault: PapersFault, reason: string, certificate?: SignedCertificate): Refused => ({
    ...{ fault, reason },
    ...(certificate === undefined ? {} : { certificate }),
  });
  const removal = judges.removal(node);
  if (removal !== undefined) return refuse('removed', `it was removed from the cluster on ${day(removal.at)}`);
  if (shown === undefined) return refuse('none', 'it shows no certificate: its version of supervm may be too old');
  let certificate: SignedCertificate;
  try {
    certificate = certificateOf(shown);
  } catch {
    return refuse('unreadable', 'its certificate is damaged or of a version that is not known here');
  }
  if (certificate.cluster !== cluster) return refuse('other-cluster', 'its certificate is for another cluster');
  if (certificate.node !== node) return refuse('other-node', 'its certificate was made out to another node');
  if (!certificate.isGenuine) return refuse('forged', 'its certificate is not genuine: the signature does not hold');
  const { issuer, notBefore, notAfter, serial } = certificate;
  if (serial > now + farMs) return refuse('early', 'its certificate has a serial of the far future');
  if (!judges.isKnown(issuer)) return refuse('unknown-issuer', 'its certificate was issued with an admin key that is none of this cluster');
  const expelled = judges.removedHolder(issuer);
  if (expelled !== undefined && !judges.wasMet(certificate)) {
    return refuse('issuer-removed', `its certificate was issued by ${expelled}, a machine that was removed from the cluster`);
  }
  if (now < notBefore - skewMs) return refuse('early', `its certificate begins on ${day(notBefore)}: one of the two clocks is wrong`, certificate);
  if (now > notAfter + skewMs) return refuse('expired', `its certificate ended on ${day(notAfter)}`, certificate);
  return { role: certificate.role, certificate };
}

/** Connections are judged again every few seconds; what their certificates say does not change, and a signature is the dearest part of an idle node's work. */
const read = new WeakMap<PapersShown, SignedCertificate>();

function certificateOf(shown: PapersShown): SignedCertificate {
  const known = read.get(shown);
  if (known !== undefined) return known;
  const certificate = readCertificate(shown.certificate);
  read.set(shown, certificate);
  return certificate;
}

function day(milliseconds: number): string {
  return new Date(Math.min(milliseconds, 8.64e15)).toISOString().slice(0, 10);
}
