import { describe, expect, test } from 'vitest';
import type { PeerView } from '../../../../src/api/views.ts';
import { checkIdentity, checkMembership } from '../../../../src/cli/doctor/checks/identity.ts';
import { checkInterfaces } from '../../../../src/cli/doctor/checks/interfaces.ts';
import { checkMulticast, checkOtherClusters, type MulticastReading } from '../../../../src/cli/doctor/checks/multicast.ts';
import { checkClocks, checkHeartbeats, checkReachable } from '../../../../src/cli/doctor/checks/peers.ts';
import { checkPorts, type PortsReading } from '../../../../src/cli/doctor/checks/ports.ts';
import type { Finding } from '../../../../src/cli/doctor/finding.ts';

const system = { root: false };
const only = (findings: readonly Finding[]): Finding => {
  expect(findings).toHaveLength(1);
  return findings[0] as Finding;
};

describe('multicast', () => {
  const eth0 = { name: 'eth0', address: '10.0.0.1', heardItself: true };
  const reading = (changes: Partial<MulticastReading> = {}): MulticastReading => ({
    hearing: { interfaces: [eth0], sightings: [] },
    wanted: true,
    able: ['eth0', 'wlan0'],
    neighbours: [],
    droppedBy: '',
    cluster: '0123456789abcdef',
    ...changes,
  });
  const deaf = { interfaces: [{ ...eth0, heardItself: false }], sightings: [] };

  test('works on an interface that hears itself', () => expect(only(checkMulticast(reading()))).toMatchObject({ state: 'ok', name: 'multicast-eth0' }));

  test('that is dropped fails where nothing else joins the machine, names the rule and prints the join command', () => {
    const found = only(checkMulticast(reading({ hearing: deaf, droppedBy: 'chain ip silence out: drop' })));
    expect(found).toMatchObject({ state: 'failing', commands: ['supervm invite', 'supervm join', 'supervm up --peer HOST:7946'] });
    expect(found.cause).toContain('chain ip silence out: drop');
  });

  test('that is dropped on one of two interfaces, or beside machines that are joined already, is a warning', () => {
    const two = { interfaces: [...deaf.interfaces, { ...eth0, name: 'wlan0' }], sightings: [] };
    expect(checkMulticast(reading({ hearing: two })).map(({ state }) => state)).toEqual(['warning', 'ok']);
    expect(only(checkMulticast(reading({ hearing: deaf, neighbours: [{ node: 'b', name: 'n2', interface: 'eth0' }] }))).state).toBe('warning');
  });

  test('names the reason where no socket can be opened', () => {
    const closed = { interfaces: [{ ...eth0, heardItself: false, problem: 'EADDRINUSE' }], sightings: [] };
    expect(only(checkMulticast(reading({ hearing: closed }))).cause).toContain('EADDRINUSE');
  });

  test('that a switch keeps to itself is seen by known machines that are not heard', () => {
    const neighbours = [{ node: 'b', name: 'n2', interface: 'eth0' }];
    expect(only(checkMulticast(reading({ neighbours })))).toMatchObject({ state: 'warning', found: expect.stringContaining('n2 beside this machine on eth0') });
    const heard = { interfaces: [eth0], sightings: [{ cluster: 'x', node: 'b', address: '10.0.0.2:7946' }] };
    expect(only(checkMulticast(reading({ neighbours, hearing: heard }))).state).toBe('ok');
  });

  test('is nothing that a VPN must be able to do', () => {
    expect(only(checkMulticast(reading({ hearing: deaf, able: [] }))).state).toBe('not-applicable');
    expect(only(checkMulticast(reading({ wanted: false }))).state).toBe('not-applicable');
  });

  test('shows another cluster, and not our own', () => {
    const sightings = [
      { cluster: '0123456789abcdef', node: 'b', address: '10.0.0.2:7946' },
      { cluster: 'ffffffffffffffff', node: 'c', address: '10.0.0.3:7946' },
    ];
    const found = only(checkOtherClusters({ hearing: { interfaces: [eth0], sightings }, cluster: '01234567' }));
    expect(found.found).toContain('another cluster seen: ffffffff (10.0.0.3:7946)');
    expect(found.found).not.toContain('10.0.0.2');
    expect(only(checkOtherClusters({ hearing: { interfaces: [eth0], sightings: sightings.slice(0, 1) }, cluster: '01234567' })).found).toBe(
      'no other cluster seen',
    );
  });
});

describe('interfaces', () => {
  const eth0 = { name: 'eth0', address: '10.0.0.1', internal: false };
  const lo = { name: 'lo', address: '127.0.0.1', internal: true };

  test('without one the machine is alone', () => expect(only(checkInterfaces({ interfaces: [lo], defaultRoutes: [], used: ['lo'] })).state).toBe('warning'));

  test('a VPN that takes everything is named', () => {
    const found = only(checkInterfaces({ interfaces: [lo, eth0, { ...eth0, name: 'wg0' }], defaultRoutes: ['wg0'], used: ['eth0', 'wg0'] }));
    expect(found).toMatchObject({ state: 'warning', found: expect.stringContaining('wg0') });
  });

  test('bridges that are passed over, and a missing default route, are told and harmless', () => {
    const found = only(checkInterfaces({ interfaces: [lo, eth0, { ...eth0, name: 'docker0' }], defaultRoutes: [], used: ['eth0'] }));
    expect(found).toMatchObject({ state: 'ok', found: 'eth0 10.0.0.1; passed over: docker0; no default route (none is needed)' });
  });
});

describe('ports', () => {
  const reading = (changes: Partial<PortsReading>): PortsReading => ({
    peerPort: 7946,
    given: false,
    httpPort: 3000,
    httpGiven: false,
    httpAddress: undefined,
    daemon: undefined,
    listening: [],
    ...changes,
  });
  const held = (protocol: 'tcp' | 'udp', pid: number | undefined, port = 7946) => ({ protocol, port, pid, program: pid === undefined ? undefined : 'consul' });
  const peer = (changes: Partial<PortsReading>): Finding => checkPorts(reading(changes))[0] as Finding;

  test('are free, or ours', () => {
    expect(peer({})).toMatchObject({ state: 'ok', found: 'TCP and UDP 7946 are free for us' });
    expect(peer({ daemon: 7, listening: [held('tcp', 7), held('udp', 7)] })).toMatchObject({ state: 'ok', found: 'TCP and UDP 7946 are ours' });
  });

  test('that somebody else has are a warning with his name, and failing where a setting asks for them', () => {
    expect(peer({ listening: [held('tcp', 9)] })).toMatchObject({ state: 'warning', found: 'TCP 7946 belongs to consul (pid 9)' });
    expect(peer({ listening: [held('udp', undefined)] }).found).toContain("another user's program");
    expect(peer({ given: true, listening: [held('tcp', 9)] }).state).toBe('failing');
    expect(peer({ daemon: 7, listening: [held('tcp', 7), held('udp', 9)] })).toMatchObject({ state: 'warning', cause: expect.stringContaining('consul') });
  });

  test('of HTTP may be taken, unless a setting asks for it; with a daemon its address is told', () => {
    const http = (changes: Partial<PortsReading>): Finding => checkPorts(reading({ listening: [held('tcp', 9, 3000)], ...changes }))[1] as Finding;
    expect(http({})).toMatchObject({ state: 'ok', found: 'TCP 3000 belongs to consul (pid 9); the next free one is taken' });
    expect(http({ httpGiven: true })).toMatchObject({ state: 'failing', commands: expect.arrayContaining(['supervm up --http-port 3001']) });
    expect(http({ listening: [] }).found).toBe('TCP 3000 is free for us');
    expect(http({ daemon: 7, httpAddress: 'http://127.0.0.1:3001' }).found).toBe('HTTP at http://127.0.0.1:3001');
    expect(http({ httpPort: undefined }).state).toBe('not-applicable');
  });

  test('are not known everywhere', () => expect(peer({ listening: undefined }).state).toBe('not-applicable'));
});

describe('peers', () => {
  const peerOf = (name: string, changes: Partial<PeerView> = {}): PeerView => ({
    id: name,
    name,
    version: '1',
    addresses: [],
    reachability: 'alive',
    heartbeats: 'udp',
    aheadMs: 3,
    withinMs: 2,
    dials: [{ address: '10.0.0.1:7946', outcome: 'open' }],
    ...changes,
  });
  const silent = { dials: [{ address: '10.0.0.1:7946', outcome: 'silent' }] } as const;
  const of = (...peers: readonly PeerView[]) => ({ peers, peerPort: 7946, system });

  test('that get through are well', () =>
    expect(only(checkReachable(of(peerOf('b'))))).toMatchObject({ state: 'ok', found: '1 node can connect to this machine' }));

  test('that do not get through: failing when none does, a warning when some do', () => {
    expect(only(checkReachable(of(peerOf('b', silent))))).toMatchObject({ state: 'failing', cause: expect.stringContaining('firewall') });
    expect(only(checkReachable(of(peerOf('b', silent), peerOf('c'))))).toMatchObject({ state: 'warning', found: 'b cannot connect to this machine' });
  });

  test('of another version, and none at all, are no reason to complain', () => {
    const { dials: _, ...older } = peerOf('b');
    for (const peers of [[older], []]) expect(only(checkReachable(of(...peers))).state).toBe('not-applicable');
    expect(only(checkReachable({ ...of(), peers: undefined })).state).toBe('not-applicable');
  });

  test('that get no heartbeats by UDP are named', () => {
    expect(only(checkHeartbeats(of(peerOf('b'), peerOf('c', { heartbeats: 'connection' }))))).toMatchObject({
      state: 'warning',
      found: 'do not arrive by UDP at c',
    });
    expect(only(checkHeartbeats(of(peerOf('c', { heartbeats: 'connection', reachability: 'unreachable' })))).state).toBe('not-applicable');
  });

  test.each([
    [4_000, 100, 'ok'],
    [-6_000, 100, 'warning'],
    // What a slow way may account for is no difference of clocks.
    [6_000, 1_500, 'ok'],
    [61_000, 100, 'failing'],
  ] as const)('whose clock is %d ms ahead within %d ms: %s', (aheadMs, withinMs, state) => {
    expect(only(checkClocks(of(peerOf('b', { aheadMs, withinMs })))).state).toBe(state);
  });

  test('of which most agree point to this machine', () => {
    const far = { aheadMs: -3_600_000 };
    expect(only(checkClocks(of(peerOf('b', far), peerOf('c', far))))).toMatchObject({ state: 'failing', cause: expect.stringContaining('this clock') });
    expect(only(checkClocks(of(peerOf('b', far), peerOf('c'), peerOf('d'))))).toMatchObject({ found: 'the clocks are apart: b is 1 h behind' });
  });
});

test('a key that two machines use is failing, with the words that part them', () => {
  const problems = [{ code: 'identity-in-use', message: 'The identity of this node is also in use on host x.', hint: '' }];
  expect(only(checkIdentity({ problems, nodeKey: '/h/node.key' }))).toMatchObject({
    state: 'failing',
    commands: ['supervm down', "rm '/h/node.key'", 'supervm up'],
  });
  expect(only(checkIdentity({ problems: [], nodeKey: '' })).state).toBe('ok');
});

describe('membership', () => {
  const day = 86_400_000;
  const home = (endsInDays: number | undefined, admin = false) => ({
    cluster: '0123456789abcdef',
    admin,
    ...(endsInDays === undefined ? {} : { endsAt: endsInDays * day }),
  });

  test.each([
    ['none yet', undefined, 'not-applicable'],
    ['a holder of an admin key', home(undefined, true), 'ok'],
    ['a holder of an admin key whose certificate ended while it was off', home(-3, true), 'ok'],
    ['a fresh certificate', home(25), 'ok'],
    ['a certificate that nobody renewed', home(4), 'warning'],
    ['one that has ended', home(-1), 'failing'],
    ['encrypted keys', { encrypted: true }, 'not-applicable'],
    ['damaged papers', { problem: 'the certificates are damaged', hint: 'restore them' }, 'failing'],
  ] as const)('%s', (_, found, state) => expect(only(checkMembership({ home: found, problems: [], now: 0 })).state).toBe(state));

  test('that was taken away is failing, in the words of the daemon', () => {
    const problems = [{ code: 'removed', message: 'This machine was removed.', hint: 'Join anew.' }];
    expect(only(checkMembership({ home: home(25), problems, now: 0 }))).toMatchObject({
      state: 'failing',
      found: 'This machine was removed.',
      commands: ['supervm invite', 'supervm join'],
    });
  });
});
