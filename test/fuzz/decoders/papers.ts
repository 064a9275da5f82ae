/** What makes a machine a member, as strangers, members and people bring it. */
import { hkdfSync } from 'node:crypto';
import { createAdminKey } from '../../../daemon/network/papers/admin-key.ts';
import { issueCertificate } from '../../../daemon/network/papers/certificate.ts';
import { judgePapers, papersSchema } from '../../../daemon/network/papers/papers-shown.ts';
import { formatRecoveryCode, recoveryKey } from '../../../daemon/network/papers/recovery-code.ts';
import {
  adminAddedSchema,
  isGenuine,
  isGenuineReplacement,
  isWellNamed,
  memberRemovedSchema,
  signAdmin,
  signRemoval,
} from '../../../daemon/network/papers/signed-facts.ts';
import { reseal, seal, sealingKey, unseal } from '../../../daemon/secrets/seal.ts';
import { systemRandomness } from '../../../daemon/system-clock.ts';
import type { Decoder } from '../decoder.ts';

const node = '12D3KooWGzBXHSHGBdyCDwkKTFLDjtfPHgnRXXjBAwY4YwHdTBmN';
const cluster = 'c'.repeat(64);
const admin = createAdminKey();
const now = 1_900_000_000_000;
const certificate = (role: 'member' | 'worker', notAfter = now + 1) =>
  issueCertificate({ cluster, node, role, serial: now, notBefore: now - 1, notAfter }, admin).text;
const added = signAdmin(cluster, { at: now, key: admin.id, name: node }, admin);
const removed = signRemoval(cluster, { at: now, node, serial: 5 }, admin);
const judges = {
  ...{ cluster, now, removal: () => undefined, removedHolder: () => undefined },
  isKnown: (key: string) => key === admin.id,
  wasMet: () => false,
};
const keys = [1, 2].map((byte) => sealingKey(Buffer.alloc(32, byte)));
const [first = new Uint8Array()] = keys;
const sealed = seal(first, { name: 'KEY', value: 'v'.repeat(40) }, systemRandomness());

export const papersDecoders: readonly Decoder[] = [
  {
    kind: 'value',
    name: 'judged-papers',
    samples: [certificate('member'), certificate('worker'), certificate('member', 1)].map((text) => ({ certificate: text, admins: [added] })),
    run(value) {
      const shown = papersSchema.parse(value);
      const verdict = judgePapers(node, shown, judges);
      if (!('fault' in verdict) && (!verdict.certificate.isGenuine || verdict.certificate.notAfter < now - 24 * 3_600_000))
        throw new Error('Cannot read: forged papers are taken for good ones');
    },
  },
  {
    kind: 'value',
    name: 'signed-facts',
    samples: [added, removed],
    run(value) {
      const fact = typeof value === 'object' && value !== null && 'key' in value ? adminAddedSchema.parse(value) : memberRemovedSchema.parse(value);
      const isSame = [added, removed].some((one) => JSON.stringify(Object.entries(one).toSorted()) === JSON.stringify(Object.entries(fact).toSorted()));
      if (isWellNamed(fact) && isGenuine(cluster, fact) && !isSame) throw new Error('Cannot read: a changed fact is genuine');
    },
  },
  {
    kind: 'value',
    name: 'secret-replacements',
    samples: [{ number: 2, secret: 'A'.repeat(43), until: now, signedBy: admin.id, signature: 'A'.repeat(86) }],
    run: (value) => (typeof value === 'object' && value !== null ? isGenuineReplacement(cluster, value as never) : false),
  },
  {
    kind: 'text',
    name: 'recovery-codes',
    samples: [formatRecoveryCode('0123456789abcdef'.repeat(2)), formatRecoveryCode('f'.repeat(32)).toLowerCase()],
    run: recoveryKey,
  },
  {
    kind: 'text',
    name: 'sealed-values',
    samples: [sealed, Buffer.from(hkdfSync('sha256', 'a', 'b', 'c', 64)).toString('base64url')],
    run: (text) => [unseal(keys, { name: 'KEY', sealed: text }), reseal(keys.toReversed(), { name: 'KEY', sealed: text })],
  },
];
