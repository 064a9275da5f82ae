/** What the system tells in small files. Only for places that never hang: /proc, /sys, /etc, /run, /dev. */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';

/** Undefined where the file is missing or may not be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Names in a folder; empty where there is none. */
export function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

export function isThere(path: string): boolean {
  return existsSync(path);
}

/** May this user read and write it? */
export function isUsable(path: string): boolean {
  return may(path, constants.R_OK | constants.W_OK);
}

export function isWritable(path: string): boolean {
  return may(path, constants.W_OK);
}

export function isRunnable(path: string): boolean {
  return may(path, constants.X_OK);
}

function may(path: string, what: number): boolean {
  try {
    accessSync(path, what);
    return true;
  } catch {
    return false;
  }
}

/** Names of all processes, as the kernel shortens them; undefined where it does not tell. */
export function processNames(): readonly string[] | undefined {
  const pids = listFolder('/proc').filter((name) => /^\d+$/.test(name));
  return pids.length === 0 ? undefined : pids.flatMap((pid) => readText(`/proc/${pid}/comm`)?.trim() ?? []);
}

export function isContainer(): boolean {
  return ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'].some(isThere);
}

export function hasSystemd(): boolean {
  return isThere('/run/systemd/system');
}
