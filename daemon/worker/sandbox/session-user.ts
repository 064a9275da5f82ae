/** Who the tasks of one session are when the daemon is root: a user that no file, no other session and nobody on this machine is. */
import { createHash } from 'node:crypto';

/** Above what people, services and containers are given; below 2^31, which some programs cannot read. */
const firstUser = 1_900_000_000;
const users = 2 ** 24;

/** What it is called. */
export const taskUser = 'task';

/** Nobody, on every Linux: where no more users than the usual ones exist. */
export const sharedUser = 65_534;

/** `mark`: of the work folder; `session`: its number among all there. */
export function sessionUser(mark: string, session: number): number {
  return firstUser + (createHash('sha256').update(`${mark}:${session}`).digest().readUInt32BE(0) % users);
}

/** As files of accounts name them: programs that ask who they are get an answer, and nothing of the machine's own list. */
export function accountsOf(user: number): { readonly passwd: string; readonly group: string } {
  const nobody = user === sharedUser ? '' : `nobody:x:${sharedUser}:${sharedUser}::/:/usr/sbin/nologin\n`;
  const nogroup = user === sharedUser ? '' : `nogroup:x:${sharedUser}:\n`;
  return { passwd: `${taskUser}:x:${user}:${user}::/job/scratch:/bin/sh\n${nobody}`, group: `${taskUser}:x:${user}:\n${nogroup}` };
}
