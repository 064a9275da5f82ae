/** Random cluster facts from a world so small that conflicts, repeats and lies are common. */
import fc from 'fast-check';
import type { ClusterFact } from '../../src/model/cluster-facts.ts';

const node = fc.constantFrom('n1', 'n2', 'n3');
const at = fc.integer({ min: 0, max: 3 });
const tokenId = fc.constantFrom('0123456789abcdef', 'fedcba9876543210');
const secretName = fc.constantFrom('API_KEY', 'licence');
const clock = fc.nat(2);
const signed = { signedBy: fc.constantFrom('root', 'second'), signature: fc.constantFrom('c2ln', 'bGll') };

const audited = fc.record(
  {
    type: fc.constant('audited' as const),
    at,
    node,
    who: fc.constantFrom('owner', 'token:ci'),
    door: fc.constantFrom('socket' as const, 'http' as const),
    action: fc.constantFrom('job-submitted', 'token-created'),
    subject: fc.constantFrom('', 'cube'),
    outcome: fc.constantFrom('done' as const, 'refused' as const),
    detail: fc.constant('why'),
    role: fc.constantFrom('user' as const, 'admin' as const),
  },
  { requiredKeys: ['type', 'at', 'node', 'who', 'door', 'action', 'subject', 'outcome'] },
);

export const anyClusterFact: fc.Arbitrary<ClusterFact> = fc.oneof(
  fc.record(
    { type: fc.constant('member-removed' as const), at, ...signed, node, serial: fc.nat(2) },
    { requiredKeys: ['type', 'at', 'node', 'signedBy', 'signature'] },
  ),
  fc.record({ type: fc.constant('admin-added' as const), at, ...signed, key: fc.constantFrom('a2V5', 'eWVr'), name: fc.constantFrom('second', 'a lie') }),
  fc.record({
    type: fc.constant('token-created' as const),
    at,
    id: tokenId,
    hash: fc.constantFrom('d'.repeat(64), 'e'.repeat(64)),
    role: fc.constantFrom('viewer' as const, 'user' as const, 'admin' as const),
    name: fc.constantFrom('ci', 'phone'),
    expires: fc.nat(3),
    by: fc.constant('owner'),
    ending: fc.constant('x7Qa'),
  }),
  fc.record({ type: fc.constant('token-revoked' as const), at, id: tokenId }),
  fc.record({ type: fc.constant('secret-set' as const), at, name: secretName, clock, node, sealed: fc.constantFrom('b25l', 'dHdv'), by: fc.constant('owner') }),
  fc.record({ type: fc.constant('secret-removed' as const), at, name: secretName, clock, node }),
  audited,
);

export const clusterFactLists = fc.array(anyClusterFact, { maxLength: 30 });
