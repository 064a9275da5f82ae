/** Papers as a file: what is in it was verified when it came, and is verified again when it is read. */
import * as z from 'zod';
import { SupervmError } from '../../../src/model/errors.ts';
import { maximumCertificateText } from './certificate.ts';
import type { MetCertificate, PapersState } from './papers.ts';
import { adminAddedSchema, memberRemovedSchema } from './signed-facts.ts';

const met = z.object({ serial: z.int().min(0), digest: z.string().max(64) }) satisfies z.ZodType<MetCertificate>;

const storedPapers = z.object({
  certificate: z.string().max(maximumCertificateText).exactOptional(),
  admins: z.array(adminAddedSchema).readonly(),
  removals: z.array(memberRemovedSchema).readonly(),
  // Of a version before there are numbers, which tell nothing of the content.
  // Of a version before there are numbers, which tell nothing of the content.
  met: z
    .record(z.string(), z.union([met, z.int()]))
    .transform((all) => Object.fromEntries(Object.entries(all).flatMap(([node, one]) => (typeof one === 'number' ? [] : [[node, one] as const])))),
}) satisfies z.ZodType<PapersState>;

/** Throws `usage` on a damaged file: without what it holds a removed machine would be let in again. */
export function parsePapers(text: string, file: string): PapersState {
  try {
    return storedPapers.parse(JSON.parse(text));
  } catch (cause) {
    const hint = 'Restore it from a backup. Or delete it and admin.key beside it, and have this machine invited again.';
    throw new SupervmError('usage', `the certificates of this machine, ${file}, are damaged`, hint, { cause });
  }
}
