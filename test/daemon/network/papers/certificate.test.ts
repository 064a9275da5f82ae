import { encode, rfc8949EncodeOptions } from 'cborg';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAdminKey, signatureBytes } from '../../../../daemon/network/papers/admin-key.ts';
import { type Certificate, issueCertificate, machineRoles, readCertificate } from '../../../../daemon/network/papers/certificate.ts';

const key = createAdminKey();
const time = fc.integer({ min: 0, max: 2 ** 45 });
const content: fc.Arbitrary<Omit<Certificate, 'version' | 'issuer'>> = fc.record({
  cluster: fc.stringMatching(/^[0-9a-f]{64}$/),
  node: fc.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{20,80}$/),
  role: fc.constantFrom(...machineRoles),
  serial: time,
  notBefore: time,
  notAfter: time,
});

/** True where somebody who judges by it would take it. */
function isTaken(text: string): boolean {
  try {
    return readCertificate(text).isGenuine;
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return false;
  }
}

test('a certificate reads back as it was issued', () => {
  fc.assert(
    fc.property(content, (one) => {
      const issued = issueCertificate(one, key);
      expect(readCertificate(issued.text)).toEqual({ ...one, version: 1, issuer: key.id, text: issued.text, isGenuine: true });
    }),
  );
});

test('with any one bit flipped it is refused', () => {
  fc.assert(
    fc.property(content, fc.nat(), (one, place) => {
      const bytes = Buffer.from(issueCertificate(one, key).text, 'base64url');
      const bit = place % (bytes.length * 8);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(isTaken(bytes.toString('base64url'))).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test('with any one character changed, and cut or lengthened anywhere, it is refused', () => {
  fc.assert(
    fc.property(content, fc.nat(), fc.constantFrom(...'AZaz09-_='), (one, nat, character) => {
      const { text } = issueCertificate(one, key);
      const place = nat % text.length;
      fc.pre(text[place] !== character);
      expect(isTaken(text.slice(0, place) + character + text.slice(place + 1))).toBe(false);
      expect(isTaken(text.slice(0, place))).toBe(false);
      expect(isTaken(text + character)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('no bytes are taken that nobody signed, and none make it fail otherwise', () => {
  const texts = fc.oneof(
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    fc.string({ maxLength: 2000 }),
  );
  fc.assert(fc.property(texts, (text) => !isTaken(text)));
});

test('another signer under the same name, more members, and another order of them are refused', () => {
  const issued = issueCertificate({ cluster: '0'.repeat(64), node: 'n'.repeat(30), role: 'member', serial: 1, notBefore: 1, notAfter: 2 }, key);
  const { text: _, isGenuine: __, ...bare } = issued;
  const signedAs = (value: unknown, signer = key): string => {
    const bytes = encode(value, rfc8949EncodeOptions);
    return Buffer.concat([signer.sign(Buffer.concat([Buffer.from('supervm member certificate 1\0'), bytes])), bytes]).toString('base64url');
  };
  expect(isTaken(signedAs(bare))).toBe(true);
  expect(isTaken(signedAs(bare, createAdminKey()))).toBe(false);
  expect(isTaken(signedAs({ ...bare, power: 'all' }))).toBe(false);
  expect(isTaken(signedAs({ ...bare, version: 2 }))).toBe(false);
  expect(isTaken(signedAs({ ...bare, serial: 1.5 }))).toBe(false);
  expect(Buffer.from(issued.text, 'base64url')).toHaveLength(signatureBytes + encode(bare, rfc8949EncodeOptions).length);
});
