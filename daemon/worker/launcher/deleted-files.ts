/** Files that are deleted but still open or mapped: no folder shows them, and they take their room on the disk until the last process lets go. */
import { readdirSync, type Stats, statSync } from 'node:fs';
import { textOf } from '../system-processes.ts';

const deletedSuffix = ' (deleted)';

/** Each that one of the processes holds, once; undefined for what is none, so that whoever walks can rest anywhere. `device`: of the disk meant. */
export function* deletedFiles(pids: Iterable<number>, device: number, seen: Set<string>): Generator<Stats | undefined> {
  for (const pid of pids) {
    for (const { path, isMapped } of heldBy(pid)) {
      const stat = statOf(path);
      // Libraries of the system that an upgrade has replaced meanwhile are no task's doing.
      const isMeant = stat !== undefined && stat.nlink === 0 && stat.dev === device && stat.isFile() && !(isMapped && stat.uid === 0);
      const name = isMeant ? `${stat.dev}/${stat.ino}` : '';
      if (!isMeant || seen.has(name)) {
        yield undefined;
        continue;
      }
      seen.add(name);
      yield stat;
    }
  }
}

/** Links of the kernel's that lead to what it has open, and, where we may follow them, to what it has mapped. */
function* heldBy(pid: number): Generator<{ readonly path: string; readonly isMapped: boolean }> {
  for (const name of namesIn(`/proc/${pid}/fd`)) yield { path: `/proc/${pid}/fd/${name}`, isMapped: false };
  for (const line of textOf(`/proc/${pid}/maps`).split('\n')) {
    if (!line.endsWith(deletedSuffix)) continue;
    const [first = '', last = ''] = (line.split(' ')[0] ?? '').split('-');
    yield { path: `/proc/${pid}/map_files/${withoutZeros(first)}-${withoutZeros(last)}`, isMapped: true };
  }
}

/** As the names of the links have it. */
function withoutZeros(address: string): string {
  return address.replace(/^0+(?=.)/, '');
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It has ended meanwhile, or may not be looked at.
    return [];
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
