/** Which cluster a home folder belongs to, and by what papers: those that are in it, a key file that was given, or a cluster of its own. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SupervmError } from '../src/model/errors.ts';
import type { NodeId } from '../src/model/job.ts';
import type { Paths } from '../src/settings/paths.ts';
import type { KeyFiles } from './keys/key-files.ts';
import { type ClusterKey, createFoundedKeyText, parseClusterKey } from './network/cluster-key.ts';
import { type AdminKey, createAdminKey, parseAdminKey } from './network/papers/admin-key.ts';
import { noPapers, type PapersState } from './network/papers/papers.ts';
import { signAdmin } from './network/papers/signed-facts.ts';
import { parsePapers } from './network/papers/stored-papers.ts';

/** Where the files are, and what reads and writes them. */
type ClusterPaths = Pick<Paths, 'clusterKey' | 'adminKey' | 'membership'> & { readonly keys: KeyFiles };

export interface ClusterHome {
  readonly key: ClusterKey;
  /** Absent where this machine cannot let others in. */
  readonly adminKey: AdminKey | undefined;
  readonly papers: PapersState;
  /** Just now. */
  readonly founded: boolean;
}

/**
 * A home of a version before certificates holds a secret alone: it counts as a key file, so each machine that has it certifies itself.
 * Throws `file-missing`, `usage` (no key, damaged papers), or `cluster-exists` when the home has another cluster's key than the one given.
 */
export function openClusterHome(
  paths: ClusterPaths,
  options: { readonly given: string | undefined; readonly self: NodeId; readonly now: number },
): ClusterHome {
  const { clusterKey, keys } = paths;
  const { given, self, now } = options;
  const text = keys.read(clusterKey);
  const own = text === undefined ? undefined : parseClusterKey(text, clusterKey);
  const other = given === undefined ? undefined : readGiven(given);
  if (own !== undefined && other !== undefined && own.clusterId !== other.clusterId) {
    throw new SupervmError('cluster-exists', `this machine belongs to another cluster than the one of ${given}`, `To leave it, remove ${clusterKey} first.`);
  }
  if (own !== undefined) return { ...readPapers(own, paths), founded: false };
  if (other === undefined) return { ...foundCluster(paths, { self, now }), founded: true };
  markFounding(clusterKey, 'later');
  keepClusterKey(paths, other.text);
  return { ...readPapers(other, paths), founded: false };
}

/** A cluster of one machine, which holds the root of all admin keys. `recovery`: of a key that counts as well, whose code somebody keeps. */
export function foundCluster(
  paths: ClusterPaths,
  { self, now, recovery }: { readonly self: NodeId; readonly now: number; readonly recovery?: AdminKey },
): Omit<ClusterHome, 'founded'> {
  const adminKey = createAdminKey();
  const key = parseClusterKey(createFoundedKeyText(adminKey.id));
  const signed = (id: AdminKey['id'], name: string): PapersState['admins'][number] => signAdmin(key.clusterId, { at: now, key: id, name }, adminKey);
  const papers = { ...noPapers, admins: [signed(adminKey.id, self), ...(recovery === undefined ? [] : [signed(recovery.id, 'recovery')])] };
  keepAdminKey(paths, adminKey);
  keepPapers(paths, papers);
  markFounding(paths.clusterKey, 'now');
  // Last: what is there without it is written anew.
  keepClusterKey(paths, key.text);
  return { key, adminKey, papers };
}

function readPapers(key: ClusterKey, { adminKey, membership, keys }: ClusterPaths): Omit<ClusterHome, 'founded'> {
  const stored = keys.read(membership);
  const papers = stored === undefined ? noPapers : parsePapers(stored, membership);
  if (key.fileAdmin !== undefined) return { key, adminKey: key.fileAdmin, papers };
  const admin = keys.read(adminKey);
  return { key, adminKey: admin === undefined ? undefined : parseAdminKey(admin, adminKey), papers };
}

/** What a machine got that was let in: it belongs to that cluster, which others founded, from its next start on. */
export function writeAdmission(
  paths: ClusterPaths,
  { key, adminKey, papers }: { readonly key: ClusterKey; readonly adminKey: AdminKey | undefined; readonly papers: PapersState },
): void {
  endFounding(paths.clusterKey);
  // A half of it must not look like membership in the cluster before.
  rmSync(paths.clusterKey, { force: true });
  if (adminKey === undefined) rmSync(paths.adminKey, { force: true });
  else keepAdminKey(paths, adminKey);
  keepPapers(paths, papers);
  keepClusterKey(paths, key.text);
}

export function keepAdminKey({ adminKey, keys }: Pick<ClusterPaths, 'adminKey' | 'keys'>, key: AdminKey): void {
  keys.write(adminKey, `${key.text}\n`);
}

export function keepClusterKey({ clusterKey, keys }: Pick<ClusterPaths, 'clusterKey' | 'keys'>, text: string): void {
  keys.write(clusterKey, `${text}\n`);
}

export function keepPapers({ membership, keys }: Pick<ClusterPaths, 'membership' | 'keys'>, papers: PapersState): void {
  keys.write(membership, `${JSON.stringify(papers)}\n`);
}

/**
 * Is this node to write the first record of voters: `now`, because it has founded the cluster, or `later`, when it coordinates for a while
 * and nobody it meets has one, because all were given a key made elsewhere? A mark and not the absence of records: a node whose records
 * were wiped must not found its cluster a second time.
 */
export function foundingOf(home: string): 'now' | 'later' | undefined {
  if (!existsSync(foundingMark(home))) return undefined;
  return readFileSync(foundingMark(home), 'utf8').trim() === 'later' ? 'later' : 'now';
}

function markFounding(home: string, when: 'now' | 'later'): void {
  writeFileSync(foundingMark(home), `${when}\n`, { mode: 0o600, flush: true });
}

/** A record of voters is on disk. */
export function endFounding(home: string): void {
  rmSync(foundingMark(home), { force: true });
}

function foundingMark(home: string): string {
  return `${home}.founding`;
}

function readGiven(file: string): ClusterKey {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SupervmError('file-missing', `the cluster key ${file} cannot be read: ${(cause as Error).message}`, 'Name a readable file with --cluster-key.', {
      cause,
    });
  }
  const key = parseClusterKey(text, file);
  if (key.fileAdmin !== undefined) return key;
  const hint = 'On a machine of the cluster: supervm invite. Here: supervm join. A file for many machines begins with supervm-cluster-key-1.';
  throw new SupervmError('usage', `${file} is the key of a cluster whose machines are let in one by one`, hint);
}
