/** Which cluster a home folder belongs to, and by what papers: those that are in it, a key file that was given, or a cluster of its own. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { SupervmError } from '../src/model/errors.ts';
import type { NodeId } from '../src/model/job.ts';
import type { Paths } from '../src/settings/paths.ts';
import { type ClusterKey, createFoundedKeyText, parseClusterKey } from './network/cluster-key.ts';
import { type AdminKey, createAdminKey, parseAdminKey } from './network/papers/admin-key.ts';
import { noPapers, type PapersState } from './network/papers/papers.ts';
import { signAdmin } from './network/papers/signed-facts.ts';
import { parsePapers } from './network/papers/stored-papers.ts';

type ClusterPaths = Pick<Paths, 'clusterKey' | 'adminKey' | 'membership'>;

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
  const { clusterKey } = paths;
  const { given, self, now } = options;
  const own = existsSync(clusterKey) ? parseClusterKey(readFileSync(clusterKey, 'utf8'), clusterKey) : undefined;
  const other = given === undefined ? undefined : readGiven(given);
  if (own !== undefined && other !== undefined && own.clusterId !== other.clusterId) {
    throw new SupervmError('cluster-exists', `this machine belongs to another cluster than the one of ${given}`, `To leave it, remove ${clusterKey} first.`);
  }
  if (own !== undefined) return { ...readPapers(own, paths), founded: false };
  if (other === undefined) return { ...foundCluster(paths, { self, now }), founded: true };
  markFounding(clusterKey, 'later');
  storeText(clusterKey, other.text);
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
  storeText(paths.adminKey, adminKey.text);
  keepPapers(paths, papers);
  markFounding(paths.clusterKey, 'now');
  // Last: what is there without it is written anew.
  storeText(paths.clusterKey, key.text);
  return { key, adminKey, papers };
}

function readPapers(key: ClusterKey, { adminKey, membership }: ClusterPaths): Omit<ClusterHome, 'founded'> {
  const papers = existsSync(membership) ? parsePapers(readFileSync(membership, 'utf8'), membership) : noPapers;
  if (key.fileAdmin !== undefined) return { key, adminKey: key.fileAdmin, papers };
  const admin = existsSync(adminKey) ? parseAdminKey(readFileSync(adminKey, 'utf8'), adminKey) : undefined;
  return { key, adminKey: admin, papers };
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
  else storeText(paths.adminKey, adminKey.text);
  keepPapers(paths, papers);
  storeText(paths.clusterKey, key.text);
}

export function keepAdminKey({ adminKey }: Pick<Paths, 'adminKey'>, key: AdminKey): void {
  storeText(adminKey, key.text);
}

export function keepClusterKey({ clusterKey }: Pick<Paths, 'clusterKey'>, text: string): void {
  storeText(clusterKey, text);
}

export function keepPapers({ membership }: Pick<Paths, 'membership'>, papers: PapersState): void {
  storeText(membership, JSON.stringify(papers));
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

/** Whole or not at all. */
function storeText(file: string, text: string): void {
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
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
