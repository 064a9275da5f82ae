/** Who may call what: the ranks that the route table names. */
import type { Door, PersonRole } from '../model/cluster-facts.ts';

/** `owner`: only over the unix socket. `code`: whoever brings a one-time code, which the route itself looks at. */
export type RouteRole = PersonRole | 'owner' | 'code';

/** Through which door a caller of the API came. */
export type ApiDoor = Extract<Door, 'socket' | 'http'>;

/** The least first: look; submit and change jobs; everything. */
export const roles: readonly PersonRole[] = ['viewer', 'user', 'admin'];

/** May somebody with this role, or none, call the route through this door? */
export function mayCall(needed: RouteRole, { door, role }: { readonly door: ApiDoor; readonly role: PersonRole | undefined }): boolean {
  if (needed === 'code') return true;
  if (needed === 'owner') return door === 'socket';
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(needed);
}
