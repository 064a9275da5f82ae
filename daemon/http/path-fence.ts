/** Which files of this machine a caller may name. The daemon reads and writes as its own account, so that a role says nothing about files. */
import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Caller } from './caller.ts';
import type { PathFence } from './services.ts';

/** Undefined for whoever is not fenced in: the unix socket, and admins. `folders`: absolute, as the owner allowed them. */
export function fenceFor({ door, role }: Pick<Caller, 'door' | 'role'>, folders: readonly string[]): PathFence | undefined {
  if (door === 'socket' || role === 'admin') return undefined;
  return { allows: (path) => liesBelow(path, folders), refusal };
}

async function liesBelow(path: string, folders: readonly string[]): Promise<boolean> {
  // What climbs would be read one way here and another way by whoever makes the folders that are missing.
  const place = path.split('/').includes('..') ? undefined : await placeOf(path);
  if (place === undefined) return false;
  for (const folder of folders) {
    const real = await realpath(folder).catch(() => undefined);
    if (real !== undefined && (place === real || place.startsWith(real.endsWith('/') ? real : `${real}/`))) return true;
  }
  return false;
}

/** Where the path leads, all links followed: itself, or the deepest folder above it that is there. Undefined for what cannot be followed. */
async function placeOf(path: string): Promise<string | undefined> {
  for (let current = path; ; current = dirname(current)) {
    try {
      return await realpath(current);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // A link to what is not there would be followed by whoever makes the file.
      const isMissing = code === 'ENOTDIR' || (code === 'ENOENT' && (await lstat(current).catch(() => undefined)) === undefined);
      if (!isMissing || current === dirname(current)) return undefined;
    }
  }
}

/** The same whether the path is there or not. */
function refusal(path: string): SupervmError {
  return new SupervmError(
    'not-allowed',
    `${path} lies in no folder that callers without the role admin may use.`,
    'The owner of the daemon allows folders with: supervm up --http-folder DIR',
  );
}
