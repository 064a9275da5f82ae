/** Which processes belong to a machine of the laboratory, by the kernel's word. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

function allPids(): readonly number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // The process has ended meanwhile.
    return undefined;
  }
}

/** Those in a named network namespace: daemon and launcher, also of earlier lives. */
export function ofNamespace(name: string): readonly number[] {
  const wanted = tryRead(() => statSync(`/run/netns/${name}`).ino);
  if (wanted === undefined) return [];
  return allPids().filter((pid) => tryRead(() => readlinkSync(`/proc/${pid}/ns/net`)) === `net:[${wanted}]`);
}

/** Children, theirs and so on: also those in namespaces of their own, as tasks are. */
export function descendantsOf(...roots: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const parent = tryRead(() => parentOf(pid));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let next = [...roots]; next.length > 0; ) {
    next = next.flatMap((pid) => children.get(pid) ?? []);
    found.push(...next);
  }
  return found;
}

/** The fourth field; the second, a name in parentheses, may hold anything. */
function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
