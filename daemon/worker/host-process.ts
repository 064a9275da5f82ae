/** Finds which process outside a sandbox is the one that calls itself by a number inside. */
import { readFileSync } from 'node:fs';

/**
 * Process id, as this machine counts, of the descendant of `ancestor` that in its own process namespace has id `inner`. Undefined when there
 * is none (it has ended, or the system does not tell).
 */
export function hostProcessId(ancestor: number, inner: number): number | undefined {
  const open = [ancestor];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    if (innermostId(pid) === inner) return pid;
    open.push(...childrenOf(pid));
  }
  return undefined;
}

function innermostId(pid: number): number | undefined {
  const status = read(`/proc/${pid}/status`);
  const ids = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
  return ids.length === 0 ? undefined : Number(ids.at(-1));
}

function childrenOf(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
