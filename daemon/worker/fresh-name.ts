import { randomUUID } from 'node:crypto';

/** For a file or folder on a real disk, or a mark on a process: nobody has it, and nobody can guess it. */
export function freshName(): string {
  return randomUUID();
}
