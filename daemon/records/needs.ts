import type { Membership } from '../membership/membership.ts';

/** Who is reachable decides how many copies an acknowledgement wants. */
export type MembershipView = Pick<Membership, 'reachable' | 'onChange'>;
