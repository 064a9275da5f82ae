/** An invitation as one line of text: who holds it may join. It is a secret, and names the key by which the inviting machine is known. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { SupervmError } from '../../../src/model/errors.ts';
import { isAdminKeyId } from '../papers/admin-key.ts';

const header = 'supervm-invite-2:';
const checksumBytes = 4;

const invite = z.object({
  /** Names the invitation; sent in the clear. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  /** 128 bits in hexadecimal: both sides prove that they know it, and it is never sent. */
  secret: z.string().regex(/^[0-9a-f]{32}$/),
  /** Where the inviting node waits, `host:port`. */
  addresses: z.array(z.string().max(300)).min(1).max(32),
  /** The admin key that is to sign the certificate, and the one from which it has its right: whoever answers must hold them. */
  inviter: z.string().refine(isAdminKeyId),
  root: z.string().refine(isAdminKeyId),
});

export type Invite = z.infer<typeof invite>;

export function formatInvite(content: Invite): string {
  const json = Buffer.from(JSON.stringify(content));
  return header + Buffer.concat([checksum(json), json]).toString('base64url');
}

/** Throws `usage` on a line that is no invitation or was changed on its way. */
export function parseInvite(line: string): Invite {
  const text = line.trim();
  const hint = `Copy the whole line that "supervm invite" printed, from ${header} to its end.`;
  if (!text.startsWith(header)) {
    const isOther = text.startsWith('supervm-invite-');
    throw new SupervmError('usage', isOther ? 'this invitation is of another version of supervm' : 'this is not an invitation', hint);
  }
  try {
    const encoded = text.slice(header.length);
    const bytes = Buffer.from(encoded, 'base64url');
    const json = bytes.subarray(checksumBytes);
    if (bytes.toString('base64url') !== encoded || !checksum(json).equals(bytes.subarray(0, checksumBytes))) throw new TypeError('the checksum differs');
    return invite.parse(JSON.parse(json.toString('utf8')));
  } catch (cause) {
    throw new SupervmError('usage', 'the invitation is damaged: a part of it was altered or is missing', hint, { cause });
  }
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, checksumBytes);
}
