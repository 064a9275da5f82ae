import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNodeKey } from '../../../../daemon/network/node-key.ts';
import { type InvitationTerms, usualTerms } from '../../../../daemon/network/pairing/invitations.ts';
import { formatInvite, parseInvite } from '../../../../daemon/network/pairing/invite-line.ts';
import type { PairingListener } from '../../../../daemon/network/pairing/pairing-listener.ts';
import { knock, redeemInvite } from '../../../../daemon/network/pairing/redeem-invite.ts';
import { createAdminKey } from '../../../../daemon/network/papers/admin-key.ts';
import { readCertificate } from '../../../../daemon/network/papers/certificate.ts';
import { createPairing } from '../../../../daemon/pairing-parts.ts';
import { systemClock, systemRandomness } from '../../../../daemon/system-clock.ts';
import type { AdminAdded, AuditLine } from '../../../../src/model/cluster-facts.ts';
import { type FoundedCluster, foundedCluster } from '../../../support/founded-cluster.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const real = { clock: systemClock(), randomness: systemRandomness() };
let clock: VirtualClock;
let audit: AuditLine[];
let certified: AdminAdded[];
let heard: (line: AuditLine) => void;
let cluster: FoundedCluster;
let listener: PairingListener;
const opened: PairingListener[] = [];

function open(papers: FoundedCluster['papers'], host = '127.0.0.1'): PairingListener {
  const door = createPairing(
    { papers, key: () => cluster.key, cluster: 'studio' },
    {
      ...{ clock, randomness: systemRandomness(), host, addresses: () => ['127.0.0.1:7800'] },
      log: { info: () => undefined, warn: () => undefined },
      audit: (line) => {
        audit.push(line);
        heard(line);
      },
      certified: (admin) => certified.push(admin),
    },
  );
  opened.push(door);
  return door;
}

beforeEach(async () => {
  clock = new VirtualClock();
  audit = [];
  certified = [];
  heard = () => undefined;
  cluster = await foundedCluster(clock);
  listener = open(cluster.papers);
});
afterEach(async () => {
  for (const door of opened.splice(0)) await door.stop();
});

const invite = (terms: Partial<InvitationTerms> = {}, door = listener) => door.invite({ ...usualTerms, ...terms });
const asking = async (name = 'laptop') => ({ name, node: (await createNodeKey()).id, adminKey: createAdminKey().id });
const redeem = async (line: string, name?: string) => redeemInvite(line, await asking(name), real);
const outcomes = () => audit.map(({ outcome, detail = '' }) => `${outcome}: ${detail}`);

test('an invitation gives the key, the addresses and a certificate that the inviter signed', async () => {
  const { line, expiresAt } = await invite();
  expect(line).toMatch(/^supervm-invite-2:[A-Za-z0-9_-]+$/);
  expect(expiresAt - clock.wall()).toBe(15 * 60_000);
  const newcomer = await asking();
  const welcome = await redeemInvite(`  ${line}\n`, newcomer, real);
  expect(welcome).toMatchObject({ kind: 'welcome', clusterKey: cluster.key.text, clusterName: 'studio', role: 'member', addresses: ['127.0.0.1:7800'] });
  const certificate = readCertificate(welcome.papers.certificate);
  expect(certificate).toMatchObject({ node: newcomer.node, role: 'member', issuer: cluster.rootKey.id, isGenuine: true });
  expect(certificate.notAfter - certificate.notBefore).toBe(30 * 24 * 3_600_000);
  expect(cluster.papersOf('anybody').judge(newcomer.node, welcome.papers)).toMatchObject({ role: 'member' });
  expect(outcomes()).toEqual(['done: laptop as member']);
});

test('an invitation used twice at once, late, altered, and from a removed inviter: one admission, clear refusals, and a line of the audit each', async () => {
  const twice = await invite();
  const [late, altered] = [await invite({ validMs: 60_000 }), await invite()];
  const both = await Promise.allSettled([redeem(twice.line, 'first'), redeem(twice.line, 'second')]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'invite-refused', message: expect.stringContaining('used already') },
  });
  await clock.advance(60_000);
  await expect(redeem(late.line)).rejects.toMatchObject({ code: 'invite-refused', message: expect.stringContaining('expired') });
  const place = Math.floor(altered.line.length / 2);
  const flipped = altered.line.slice(0, place) + (altered.line[place] === 'A' ? 'B' : 'A') + altered.line.slice(place + 1);
  await expect(redeem(flipped)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('altered') });
  // Somebody who mends the checksum meets the inviter, and its audit.
  const guessed = formatInvite({ ...parseInvite(altered.line), secret: '0'.repeat(32) });
  await expect(redeem(guessed)).rejects.toMatchObject({ code: 'invite-refused', message: expect.stringContaining('not known') });
  const second = createAdminKey();
  const admin = cluster.papers.certifyAdmin(second.id, 'second-machine');
  const inviter = cluster.papersOf('second-machine', { adminKey: second, state: { admins: [...cluster.papers.admins.admins()] } });
  const door = open(inviter);
  const { line } = await invite({}, door);
  expect(admin && inviter.learn(cluster.papers.remove('second-machine') as never)).toBe(true);
  await expect(redeem(line)).rejects.toMatchObject({ code: 'invite-refused', message: expect.stringContaining('removed from the cluster') });
  expect(outcomes()).toEqual([
    expect.stringMatching(/^(done: (first|second) as member|refused: the invitation was used already.*)$/),
    expect.stringMatching(/^(done: (first|second) as member|refused: the invitation was used already.*)$/),
    'refused: the invitation has expired',
    'refused: its secret is that of no invitation here',
    'refused: this machine was removed from the cluster: its invitations are void',
  ]);
  expect(audit.every(({ door: through }) => through === 'pairing')).toBe(true);
  await expect(invite({}, door)).rejects.toMatchObject({ code: 'not-allowed', message: expect.stringContaining('removed') });
});

test('of many that use one invitation at the same moment as many are let in as it is for', async () => {
  const { line, id } = await invite({ uses: 2 });
  const tried = await Promise.allSettled(Array.from({ length: 6 }, () => redeem(line)));
  expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  expect(listener.look(id)).toMatchObject({ state: 'used', usesLeft: 0, admitted: ['laptop', 'laptop'] });
});

test('a stranger that knocks and waits, or says nothing more, keeps nobody out who holds the line', async () => {
  const { line, id } = await invite();
  const [, port] = parseInvite(line).addresses[0]?.split(':') ?? [];
  listener.look(id);
  const words = Promise.withResolvers<string>();
  const confirm = async (shown: string): Promise<boolean> => {
    words.resolve(shown);
    return true;
  };
  const stranger = knock(`127.0.0.1:${port}`, await asking('stranger'), { ...real, confirm });
  const told = expect(stranger).rejects.toMatchObject({ code: 'invite-refused', message: expect.stringContaining('used already, by laptop') });
  await words.promise;
  expect(listener.look(id)).toMatchObject({ state: 'open', usesLeft: 1, waiting: [{ name: 'stranger' }] });
  expect(await redeem(line)).toMatchObject({ clusterName: 'studio' });
  await told;
  expect(listener.look(id)).toMatchObject({ state: 'used', usesLeft: 0, waiting: [] });
});

test('an invitation that somebody did not complete is for the next', async () => {
  const { line, id } = await invite({ approve: true });
  const end = new AbortController();
  const turnedAway = Promise.withResolvers<void>();
  heard = ({ outcome }) => outcome === 'refused' && turnedAway.resolve();
  const first = redeemInvite(line, await asking(), { ...real, signal: end.signal, waiting: () => end.abort() });
  await expect(first).rejects.toMatchObject({ code: 'peer-unreachable' });
  await turnedAway.promise;
  const agree = (): void => {
    for (const one of listener.look(id)?.waiting ?? []) listener.answer(one.id, true);
  };
  expect(await redeemInvite(line, await asking(), { ...real, waiting: agree })).toMatchObject({ clusterName: 'studio' });
});

test('the second machine gets an admin key too, the third and a worker do not', async () => {
  const joinAs = async (role: 'member' | 'worker') => {
    const { line } = await invite({ role });
    const newcomer = await asking(role);
    const { admins } = await redeemInvite(line, newcomer, real);
    return admins.some(({ key }) => key === newcomer.adminKey);
  };
  expect([await joinAs('worker'), await joinAs('member'), await joinAs('member')]).toEqual([false, true, false]);
  expect(certified).toHaveLength(1);
});

test('where somebody has to agree, both sides show the same words, and nobody is let in without', async () => {
  const { line, id } = await invite({ approve: true, uses: 2 });
  const shown: string[] = [];
  const enter = async (admit: boolean) => {
    const waiting = Promise.withResolvers<void>();
    const entering = redeemInvite(line, await asking('tablet'), { ...real, waiting: (words) => waiting.resolve(void shown.push(words)) });
    const settled = entering.then(
      () => 'in',
      (error: Error) => error.message,
    );
    await waiting.promise;
    const [newcomer] = listener.look(id)?.waiting ?? [];
    expect(newcomer).toMatchObject({ name: 'tablet', words: shown.at(-1) });
    expect(listener.answer(newcomer?.id ?? '', admit)).toBe(true);
    return settled;
  };
  expect(await enter(false)).toContain('refused');
  expect(listener.look(id)).toMatchObject({ state: 'open', usesLeft: 2 });
  expect(await enter(true)).toBe('in');
  expect(shown[0]).toMatch(/^([a-z]+ ){5}[a-z]+$/);
  expect(shown[0]).not.toBe(shown[1]);
});

test('a machine of the local network may knock while somebody looks after an invitation, and only then', async () => {
  const { line, id } = await invite();
  const [, port] = parseInvite(line).addresses[0]?.split(':') ?? [];
  expect(await listener.knocking()).toBeUndefined();
  await expect(knock(`127.0.0.1:${port}`, await asking(), { ...real, confirm: async () => true })).rejects.toMatchObject({ code: 'invite-refused' });
  listener.look(id);
  expect(await listener.knocking()).toBe(Number(port));
  let words = '';
  const agree = async (shown: string): Promise<boolean> => {
    words = shown;
    for (const one of listener.look(id)?.waiting ?? []) if (one.words === shown) listener.answer(one.id, true);
    return true;
  };
  // Who is there says only the person who has compared the words, on this side as on the other.
  await expect(knock(`127.0.0.1:${port}`, await asking('new'), { ...real, confirm: async () => false })).rejects.toMatchObject({
    code: 'invite-refused',
    message: expect.stringContaining('nobody here has confirmed'),
  });
  expect(await knock(`127.0.0.1:${port}`, await asking('new'), { ...real, confirm: agree })).toMatchObject({ clusterName: 'studio' });
  expect(words.split(' ')).toHaveLength(6);
  // The one use is used.
  expect(await listener.knocking()).toBeUndefined();
});

test('after its time an invitation is refused as expired, later nobody listens any more', async () => {
  const { line } = await invite();
  await clock.advance(15 * 60_000);
  await expect(redeem(line)).rejects.toMatchObject({ code: 'invite-refused', message: expect.stringContaining('expired') });
  await clock.advance(15 * 60_000);
  await expect(redeem(line)).rejects.toMatchObject({ code: 'peer-unreachable' });
  expect(await redeem((await invite()).line)).toMatchObject({ clusterName: 'studio' });
});

test('whoever answers without the key that the invitation names is refused by the newcomer', async () => {
  const other = createAdminKey().id;
  const { line } = await invite();
  await expect(redeem(formatInvite({ ...parseInvite(line), inviter: other }))).rejects.toMatchObject({
    code: 'invite-refused',
    message: expect.stringContaining('not the machine that made the invitation'),
  });
});

test('an invitation that is not known is refused, and another stays good', async () => {
  const { line } = await invite();
  await expect(redeem(formatInvite({ ...parseInvite(line), id: '0'.repeat(16) }))).rejects.toMatchObject({ code: 'invite-refused' });
  expect(await redeem(line)).toMatchObject({ clusterName: 'studio' });
});

test('a client that says nothing is dropped in time', async () => {
  const [first, second] = [await invite(), await invite()];
  const [host = '', port = ''] = parseInvite(first.line).addresses[0]?.split(':') ?? [];
  const silent = connect(Number(port), host);
  await once(silent, 'connect');
  const closed = once(silent, 'close');
  // The listener has seen the connection once it has answered another.
  await redeem(second.line);
  await clock.advance(10_000);
  await closed;
});

test('the door is open where the daemon listens, and nowhere else', async () => {
  const { line } = await invite({}, open(cluster.papers, '127.0.0.2'));
  await expect(redeem(line)).rejects.toMatchObject({ code: 'peer-unreachable' });
  const parts = parseInvite(line);
  const elsewhere = parts.addresses.map((address) => address.replace('127.0.0.1', '127.0.0.2'));
  expect(await redeem(formatInvite({ ...parts, addresses: elsewhere }))).toMatchObject({ clusterName: 'studio' });
});

test('nobody at any address is told as such', async () => {
  const { line } = await invite();
  await listener.stop();
  await expect(redeem(line)).rejects.toMatchObject({ code: 'peer-unreachable', hint: expect.stringContaining('daemon') });
});

test('every damaged line is refused as such', async () => {
  const { line } = await invite();
  for (const damaged of ['', 'hello', line.slice(1), line.slice(0, -3), `${line}AAAA`, 'supervm-invite-2:', 'supervm-invite-1:abc']) {
    await expect(redeem(damaged)).rejects.toMatchObject({ code: 'usage' });
  }
  expect(audit).toEqual([]);
});
