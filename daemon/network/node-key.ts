/** The key pair that a node is known by: its id is the peer id that libp2p derives from it. */
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { KeyFiles } from './needs.ts';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>;

export interface NodeKey {
  readonly id: NodeId;
  readonly privateKey: PrivateKey;
}

const header = 'supervm-node-key-1';

/** Reads the key of this file; makes one where none is. */
export async function loadNodeKey(file: string, keys: KeyFiles): Promise<NodeKey> {
  const text = keys.read(file);
  if (text !== undefined) return parse(text, file);
  const privateKey = await generateKeyPair('Ed25519');
  keys.write(file, `${header} ${Buffer.from(privateKeyToProtobuf(privateKey)).toString('base64url')}\n`);
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
