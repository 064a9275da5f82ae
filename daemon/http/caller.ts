/** Who calls the API: told by the door they came through and what they showed there. */
import type { ApiDoor } from '../../src/api/roles.ts';
import type { PersonRole } from '../../src/model/cluster-facts.ts';

export interface Caller {
  /** In the words of the audit: `owner`, `token:NAME`, `session:ID`, or the address of a stranger. */
  readonly who: string;
  readonly door: ApiDoor;
  /** Undefined for a stranger, who may only bring a one-time code. */
  readonly role: PersonRole | undefined;
  /** Of a session, the id under which it can be closed. */
  readonly session?: string;
}

/** Whoever can enter the folder of the unix socket. */
export const owner: Caller = { who: 'owner', door: 'socket', role: 'admin' };

/** For the audit: the owner has no role. */
export function roleOf({ door, role }: Pick<Caller, 'door' | 'role'>): { readonly role?: PersonRole } {
  return door === 'socket' || role === undefined ? {} : { role };
}
