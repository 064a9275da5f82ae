import type { Membership } from '../membership/membership.ts';

/** Who is reachable decides how many copies an acknowledgement wants, and who is waited for. */
export type MembershipView = Pick<Membership, 'reachable' | 'member' | 'onChange'>;
