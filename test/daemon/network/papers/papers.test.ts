import { beforeEach, expect, test } from 'vitest';
import { createClusterKeyText, parseClusterKey } from '../../../../daemon/network/cluster-key.ts';
import { createAdminKey } from '../../../../daemon/network/papers/admin-key.ts';
import { issueCertificate, readCertificate } from '../../../../daemon/network/papers/certificate.ts';
import { keyFilePapers } from '../../../../daemon/network/papers/key-file-papers.ts';
import { papersSchema } from '../../../../daemon/network/papers/papers-shown.ts';
import { memberRemovedSchema, signAdmin, signRemoval } from '../../../../daemon/network/papers/signed-facts.ts';
import { type FoundedCluster, foundedCluster } from '../../../support/founded-cluster.ts';

const dayMs = 24 * 3_600_000;
let now: number;
const clock = { wall: () => now };
let cluster: FoundedCluster;

beforeEach(async () => {
  now = 1_800_000_000_000;
  cluster = await foundedCluster(clock, 'founder');
});

const shownTo = (node: string) => {
  const shown = cluster.papers.admit(node, 'member');
  if (shown === undefined) throw new Error('not admitted');
  return shown;
};
const faultOf = (verdict: object): unknown => ('fault' in verdict ? verdict.fault : 'none');

test('each machine judges for itself, by the founder alone', () => {
  const shown = shownTo('laptop');
  const other = cluster.papersOf('other');
  expect(other.judge('laptop', shown)).toMatchObject({ role: 'member' });
  expect(other.judge('founder', cluster.papers.shown())).toMatchObject({ role: 'member' });
  expect(other.judge('laptop', undefined)).toMatchObject({ fault: 'none', reason: expect.stringContaining('no certificate') });
  expect(other.judge('thief', shown)).toMatchObject({ fault: 'other-node' });
  expect(other.judge('laptop', { ...shown, certificate: 'x' })).toMatchObject({ fault: 'unreadable' });
});

test('another cluster, a forged signature and an unknown issuer are told apart', async () => {
  const stranger = await foundedCluster(clock);
  const theirs = stranger.papers.admit('laptop', 'member');
  expect(cluster.papers.judge('laptop', theirs)).toMatchObject({ fault: 'other-cluster' });
  const bytes = Buffer.from(shownTo('laptop').certificate, 'base64url');
  bytes[0] = (bytes[0] as number) ^ 1;
  expect(cluster.papers.judge('laptop', { certificate: bytes.toString('base64url'), admins: [] })).toMatchObject({ fault: 'forged' });
  const self = cluster.papersOf('impostor', { adminKey: createAdminKey() });
  expect(self.adminKey).toBeUndefined();
});

test('a certificate lasts thirty days and a day, for clocks that differ; before its day it is refused too', () => {
  const shown = shownTo('laptop');
  const other = cluster.papersOf('other');
  now += 31 * dayMs;
  expect(faultOf(other.judge('laptop', shown))).toBe('none');
  now += 1;
  expect(other.judge('laptop', shown)).toMatchObject({ fault: 'expired', reason: expect.stringContaining('ended on') });
  now -= 32 * dayMs;
  expect(faultOf(other.judge('laptop', shown))).toBe('none');
  now -= 2;
  expect(other.judge('laptop', shown)).toMatchObject({ fault: 'early', reason: expect.stringContaining('clock') });
});

test('a holder of an admin key renews with ten days left, its own and that of others, who keep it', () => {
  const shown = shownTo('laptop');
  const laptop = cluster.papersOf('laptop', { state: { certificate: shown.certificate } });
  const before = cluster.papers.shown();
  const certificate = () => {
    const verdict = cluster.papers.judge('laptop', laptop.shown());
    if (verdict.certificate === undefined) throw new Error('none');
    return verdict.certificate;
  };
  now += 20 * dayMs;
  expect(cluster.papers.renewalFor(certificate())).toBeUndefined();
  expect(cluster.papers.shown()).toEqual(before);
  now += 1;
  expect(laptop.renewalFor(certificate())).toBeUndefined();
  const renewed = cluster.papers.renewalFor(certificate());
  expect(renewed && laptop.accept(renewed)).toBe(true);
  expect(renewed && laptop.accept(renewed)).toBe(false);
  expect(certificate().notAfter - now).toBe(30 * dayMs);
  expect(cluster.papers.shown()).not.toEqual(before);
});

test('a cluster that was off for months comes back: the holder of the admin key renews itself, and all that it meets', () => {
  const laptop = cluster.papersOf('laptop', { state: { certificate: shownTo('laptop').certificate } });
  now += 200 * dayMs;
  const verdict = cluster.papers.judge('laptop', laptop.shown());
  expect(verdict).toMatchObject({ fault: 'expired' });
  const renewed = verdict.certificate && cluster.papers.renewalFor(verdict.certificate);
  expect(renewed && laptop.accept(renewed)).toBe(true);
  expect(faultOf(cluster.papers.judge('laptop', laptop.shown()))).toBe('none');
  expect(faultOf(laptop.judge('founder', cluster.papers.shown()))).toBe('none');
});

test('a removed machine is refused by everybody who knows, for ever, and so is whom it lets in afterwards', () => {
  const second = createAdminKey();
  const shown = shownTo('second');
  const admin = cluster.papers.certifyAdmin(second.id, 'second');
  const state = { certificate: shown.certificate, admins: [...cluster.papers.admins.admins()] };
  const inviter = cluster.papersOf('second', { adminKey: second, state });
  const other = cluster.papersOf('other', { state });
  const before = inviter.admit('let-in-before', 'member');
  expect(faultOf(other.judge('let-in-before', before))).toBe('none');
  const told: string[] = [];
  other.onRemoved(({ node }) => told.push(node));
  const removal = cluster.papers.remove('second');
  expect(admin && removal && other.learn(removal)).toBe(true);
  expect(told).toEqual(['second']);
  expect(other.judge('second', shown)).toMatchObject({ fault: 'removed', reason: expect.stringContaining('removed') });
  const after = inviter.admit('let-in-after', 'member');
  expect(other.judge('let-in-after', after)).toMatchObject({ fault: 'issuer-removed' });
  // Who was there before stays, and gets a certificate of somebody else.
  const kept = other.judge('let-in-before', before);
  expect(faultOf(kept)).toBe('none');
  expect(kept.certificate && cluster.papers.renewalFor(kept.certificate)).toBeDefined();
  // Its word expels nobody any more, and it knows once it has heard.
  expect(other.learn(signRemoval(cluster.key.clusterId, { at: now, node: 'founder' }, second))).toBe(false);
  expect(removal && inviter.learn(removal)).toBe(true);
  expect([inviter.adminKey, inviter.admit('anybody', 'member')]).toEqual([undefined, undefined]);
});

test('no removal voids the recovery key: that name is no machine', () => {
  const recovery = createAdminKey();
  cluster.papers.certifyAdmin(recovery.id, 'recovery');
  cluster.papers.remove('recovery');
  expect(cluster.papers.admins.removedHolder(recovery.id)).toBeUndefined();
});

test('a removed admin gives a worker that was met no other certificate for the same one', () => {
  const second = createAdminKey();
  cluster.papers.certifyAdmin(second.id, 'second');
  const state = { admins: [...cluster.papers.admins.admins()] };
  const inviter = cluster.papersOf('second', { adminKey: second, state });
  const other = cluster.papersOf('other', { state });
  const met = inviter.admit('helper', 'worker');
  expect(other.judge('helper', met)).toMatchObject({ role: 'worker' });
  const removal = cluster.papers.remove('second');
  expect(removal && other.learn(removal)).toBe(true);
  const { serial, notBefore, notAfter } = readCertificate(met?.certificate ?? '');
  const forged = issueCertificate({ cluster: cluster.key.clusterId, node: 'helper', role: 'member', serial, notBefore, notAfter }, second);
  expect(other.judge('helper', { certificate: forged.text, admins: met?.admins ?? [] })).toMatchObject({ fault: 'issuer-removed' });
  expect(other.judge('helper', met)).toMatchObject({ role: 'worker' });
});

test('no admin but the founder makes a recovery key, and there is one: no removal would void another', () => {
  const [second, recovery] = [createAdminKey(), createAdminKey()];
  cluster.papers.certifyAdmin(recovery.id, 'recovery');
  cluster.papers.certifyAdmin(second.id, 'second');
  const at = { at: now, name: 'recovery' };
  for (const signer of [second, cluster.rootKey]) {
    const fact = signAdmin(cluster.key.clusterId, { ...at, key: createAdminKey().id }, signer);
    expect(cluster.papers.learn(fact)).toBe(false);
  }
  const third = signAdmin(cluster.key.clusterId, { at: now, key: createAdminKey().id, name: 'third' }, second);
  expect(cluster.papers.learn(third)).toBe(true);
  expect(cluster.papers.admins.givenBy('second')).toEqual(['third']);
  cluster.papers.remove('third');
  expect(cluster.papers.admins.givenBy('second')).toEqual([]);
});

test('strangers who show admins of nobody take no place from those who wait for theirs', () => {
  const [second, third] = [createAdminKey(), createAdminKey()];
  const other = cluster.papersOf('other');
  const early = signAdmin(cluster.key.clusterId, { at: now, key: third.id, name: 'third' }, second);
  other.learn(early);
  const nobody = createAdminKey();
  for (let count = 0; count < 40; count += 1) {
    const admins = Array.from({ length: 8 }, (_, index) =>
      signAdmin(cluster.key.clusterId, { at: count * 8 + index, key: createAdminKey().id, name: 'x' }, nobody),
    );
    other.judge('stranger', { certificate: 'x', admins });
  }
  const admin = cluster.papers.certifyAdmin(second.id, 'second');
  expect(admin && other.learn(admin)).toBe(true);
  expect(other.admins.isKnown(third.id)).toBe(true);
});

test('an admin key that is shown names a machine, which can be removed', () => {
  const shown = (name: string) => ({
    certificate: 'x',
    admins: [signAdmin(cluster.key.clusterId, { at: now, key: createAdminKey().id, name }, cluster.rootKey)],
  });
  expect(papersSchema.safeParse(shown('anybody')).success).toBe(false);
  for (const name of ['recovery', `12D3KooW${'a'.repeat(44)}`]) expect(papersSchema.safeParse(shown(name)).success).toBe(true);
});

test('no signed time is later than dates can be, and no serial such that none comes after it', () => {
  const fact = { type: 'member-removed', node: 'laptop', signedBy: cluster.rootKey.id, signature: '' };
  expect(memberRemovedSchema.safeParse({ ...fact, at: 8.64e15 }).success).toBe(true);
  expect(memberRemovedSchema.safeParse({ ...fact, at: 8.64e15 + 1 }).success).toBe(false);
  const late = signRemoval(cluster.key.clusterId, { at: 8.64e15 + 2, node: 'laptop' }, cluster.rootKey);
  const noKey = signAdmin(cluster.key.clusterId, { at: now, key: 'x', name: 'second' }, cluster.rootKey);
  expect([late, noKey].map((signed) => cluster.papers.vouchesFor(signed))).toEqual([false, false]);
  const content = { cluster: cluster.key.clusterId, node: 'laptop', role: 'member', notBefore: now, notAfter: now + dayMs } as const;
  const last = issueCertificate({ ...content, serial: Number.MAX_SAFE_INTEGER }, cluster.rootKey);
  expect(cluster.papers.judge('laptop', { certificate: last.text, admins: [] })).toMatchObject({ fault: 'unreadable' });
  const far = issueCertificate({ ...content, serial: 8.64e15 }, cluster.rootKey);
  expect(cluster.papers.judge('laptop', { certificate: far.text, admins: [] })).toMatchObject({ fault: 'early' });
});

test('what was learned survives a restart', () => {
  cluster.papers.certifyAdmin(createAdminKey().id, 'second');
  cluster.papers.remove('laptop');
  const again = cluster.papersOf('founder', { adminKey: cluster.rootKey, state: cluster.kept() });
  expect(again.isRemoved('laptop')).toBe(true);
  expect(again.admins.holders().toSorted()).toEqual(['founder', 'second']);
});

test('facts of an admin who is not known yet count once he is', () => {
  const second = createAdminKey();
  const admin = cluster.papers.certifyAdmin(second.id, 'second');
  const other = cluster.papersOf('other');
  const removal = signRemoval(cluster.key.clusterId, { at: now, node: 'laptop' }, second);
  expect(other.vouchesFor(removal)).toBe(false);
  expect(admin && other.vouchesFor(admin)).toBe(true);
  expect(other.isRemoved('laptop')).toBe(true);
  expect(other.vouchesFor(removal)).toBe(true);
  expect(other.vouchesFor({ ...removal, node: 'founder' })).toBe(false);
});

test('a worker stays one when it is renewed, and whoever has a key file certifies itself', () => {
  const shown = cluster.papers.admit('worker', 'worker');
  now += 25 * dayMs;
  const verdict = cluster.papers.judge('worker', shown);
  const renewed = verdict.certificate && cluster.papers.renewalFor(verdict.certificate);
  expect(cluster.papers.judge('worker', renewed)).toMatchObject({ role: 'worker' });
  const clusterKey = parseClusterKey(createClusterKeyText());
  const [one, two] = ['one', 'two'].map((self) => keyFilePapers({ self, clusterKey }, { clock }));
  expect(one?.judge('two', two?.shown())).toMatchObject({ role: 'member' });
});

test('machines with a key file accept each other whatever their clocks say', () => {
  const clusterKey = parseClusterKey(createClusterKeyText());
  const at = (wall: number) => ({ clock: { wall: () => wall } });
  const [right, ahead, behind] = [
    keyFilePapers({ self: 'right', clusterKey }, { clock }),
    ...[3650, -3650].map((days) => keyFilePapers({ self: `${days}`, clusterKey }, at(now + days * dayMs))),
  ];
  for (const [judge, other] of [
    [right, ahead],
    [ahead, right],
    [right, behind],
    [behind, ahead],
  ]) {
    expect(judge?.judge(other?.self ?? '', other?.shown())).toMatchObject({ role: 'member' });
  }
});

test('the recovery code makes a member that holds no admin key one that does, and nobody else', async () => {
  const recovery = createAdminKey();
  const known = cluster.papers.certifyAdmin(recovery.id, 'recovery');
  const shown = shownTo('laptop');
  const laptop = cluster.papersOf('laptop', { state: { certificate: shown.certificate, admins: [...cluster.papers.admins.admins()] } });
  const own = createAdminKey();
  expect(laptop.recover(createAdminKey(), own)).toBeUndefined();
  expect([known?.name, laptop.adminKey, laptop.admins.holders()]).toEqual(['recovery', undefined, ['founder']]);
  const fact = laptop.recover(recovery, own);
  expect(laptop.adminKey?.id).toBe(own.id);
  // The others believe it, and whom it lets in.
  expect(fact && cluster.papers.learn(fact)).toBe(true);
  expect(cluster.papers.judge('tablet', laptop.admit('tablet', 'member'))).toMatchObject({ role: 'member' });
  const worker = cluster.papers.admit('worker', 'worker');
  const state = { certificate: worker?.certificate ?? '', admins: [...cluster.papers.admins.admins()] };
  expect(cluster.papersOf('worker', { state }).recover(recovery, createAdminKey())).toBeUndefined();
});
