/** The secret that the nodes of one cluster share, and what is derived from it. One line of text in a file that only its owner reads. */
import { createHash, generateKeySync, hkdfSync } from 'node:crypto';
import { SupervmError } from '../../src/model/errors.ts';

const header = 'supervm-cluster-key-1';
const secretBytes = 32;

export interface ClusterKey {
  /** Names the cluster without giving the secret away: 64 lower-case hexadecimal digits. Known to members only. */
  readonly clusterId: string;
  /** SHA-256 of the cluster id, in hexadecimal: what strangers may see (mDNS announces its first 16 digits). */
  readonly publicHash: string;
  /** Mixed into the noise handshake: whoever lacks the key cannot complete it. */
  readonly noisePrologue: Uint8Array;
  /** The line as it stands in the file, without its end. */
  readonly text: string;
}

/** A new key from the kernel's generator, as the text of its file. */
export function createClusterKeyText(): string {
  const secret = generateKeySync('aes', { length: secretBytes * 8 }).export();
  return `${header} ${secret.toString('base64url')}\n`;
}

/** Reads the text of a key file. Throws `usage` with what is wrong; `source` names the file in the message. */
export function parseClusterKey(text: string, source = 'the cluster key'): ClusterKey {
  const [word, encoded, ...rest] = text.trim().split(/\s+/);
  const hint = 'A cluster key is one line that begins with supervm-cluster-key-1; copy the whole file from a machine of the cluster.';
  if (word !== header) {
    const version = word?.startsWith('supervm-cluster-key-') === true;
    throw new SupervmError('usage', `${source} ${version ? `is of a kind this version cannot read (${word})` : 'is not a cluster key'}`, hint);
  }
  const secret = Buffer.from(encoded ?? '', 'base64url');
  if (rest.length > 0 || secret.length !== secretBytes || secret.toString('base64url') !== encoded) {
    throw new SupervmError('usage', `${source} is damaged: it must hold ${secretBytes} bytes in base64url`, hint);
  }
  const clusterId = sha256('supervm cluster id 1', secret);
  return {
    clusterId,
    publicHash: sha256('supervm cluster id shown to strangers 1', clusterId),
    noisePrologue: new Uint8Array(hkdfSync('sha256', secret, '', 'supervm noise prologue 1', 32)),
    text: `${header} ${encoded}`,
  };
}

function sha256(context: string, content: string | Uint8Array): string {
  return createHash('sha256').update(context).update('\0').update(content).digest('hex');
}
