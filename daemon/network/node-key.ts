/** The key pair that a node is known by: its id is the peer id that libp2p derives from it. */
import { open, readFile, rename } from 'node:fs/promises';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>;

export interface NodeKey {
  readonly id: NodeId;
  readonly privateKey: PrivateKey;
}

const header = 'supervm-node-key-1';

/** Reads the key of this file; makes one, readable by the owner only, where none is. */
export async function loadNodeKey(file: string): Promise<NodeKey> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) return parse(text, file);
  const privateKey = await generateKeyPair('Ed25519');
  await write(file, `${header} ${Buffer.from(privateKeyToProtobuf(privateKey)).toString('base64url')}\n`);
  return nodeKey(privateKey);
}

/** A key that no file keeps, for tests. */
export async function createNodeKey(): Promise<NodeKey> {
  return nodeKey(await generateKeyPair('Ed25519'));
}

function nodeKey(privateKey: PrivateKey): NodeKey {
  return { id: peerIdFromPrivateKey(privateKey).toString(), privateKey };
}

function parse(text: string, file: string): NodeKey {
  const [word, encoded, ...rest] = text.trim().split(/\s+/);
  try {
    if (word !== header || encoded === undefined || rest.length > 0) throw new TypeError('not a node key');
    return nodeKey(privateKeyFromProtobuf(Buffer.from(encoded, 'base64url')));
  } catch (cause) {
    const hint = 'Restore it from a backup, or delete it: the machine then joins as a new node.';
    throw new SupervmError('usage', `the key of this node, ${file}, is damaged`, hint, { cause });
  }
}

/** A crash leaves the whole file or none. */
async function write(file: string, text: string): Promise<void> {
  const half = `${file}.new`;
  const handle = await open(half, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(half, file);
}
