/** Which cluster a home folder belongs to: the key that is in it, the one given, or a new one. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { SupervmError } from '../src/model/errors.ts';
import { type ClusterKey, createClusterKeyText, parseClusterKey } from './network/cluster-key.ts';

/** Throws `file-missing`, `usage` (not a key), or `cluster-exists` when the home has another cluster's key than the one given. */
export function openClusterKey(home: string, given: string | undefined): { readonly key: ClusterKey; readonly founded: boolean } {
  const own = existsSync(home) ? parseClusterKey(readFileSync(home, 'utf8'), home) : undefined;
  const other = given === undefined ? undefined : parseClusterKey(readGiven(given), given);
  if (own !== undefined && other !== undefined && own.clusterId !== other.clusterId) {
    throw new SupervmError('cluster-exists', `this machine belongs to another cluster than the one of ${given}`, `To leave it, remove ${home} first.`);
  }
  if (own !== undefined) return { key: own, founded: false };
  const key = other ?? parseClusterKey(createClusterKeyText());
  markFounding(home, other === undefined ? 'now' : 'later');
  storeKey(home, key);
  return { key, founded: other === undefined };
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

/** Replaces the key: the machine belongs to that cluster, which others founded, from its next start on. */
export function writeClusterKey(home: string, key: ClusterKey): void {
  endFounding(home);
  storeKey(home, key);
}

function storeKey(home: string, key: ClusterKey): void {
  writeFileSync(`${home}.new`, `${key.text}\n`, { mode: 0o600, flush: true });
  renameSync(`${home}.new`, home);
}

function readGiven(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SupervmError('file-missing', `the cluster key ${file} cannot be read: ${(cause as Error).message}`, 'Name a readable file with --cluster-key.', {
      cause,
    });
  }
}
