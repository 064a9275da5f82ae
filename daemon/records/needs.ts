import type { Membership } from '../membership/membership.ts';

/** Who is reachable decides how many copies an acknowledgement wants, who is waited for, and who is a standby. */
export type MembershipView = Pick<Membership, 'reachable' | 'members' | 'member' | 'onChange'>;
