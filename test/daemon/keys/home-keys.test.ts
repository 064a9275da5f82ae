import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { membershipOf } from '../../../daemon/checks.ts';
import { changePassphrase, encryptHome, layOpen, openHomeKeys } from '../../../daemon/keys/home-keys.ts';
import { plainKeyFiles } from '../../../daemon/keys/key-files.ts';
import { writeWhole } from '../../../daemon/keys/write-whole.ts';
import { systemRandomness } from '../../../daemon/system-clock.ts';

const texts = { 'node.key': 'supervm-node-key-1 NODE\n', 'cluster.key': 'supervm-cluster-key-2 SECRET\n', 'membership.json': '{"admins":["ADMIN"]}\n' };
const needs = { randomness: systemRandomness(), cost: { N: 1024, r: 8, p: 1 } };
const good = 'correct horse battery';
const other = 'another eight words';

let place: { readonly home: string; readonly encryption: string };
beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'svm-keys-'));
  place = { home, encryption: join(home, 'encryption.json') };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(home, name), text, { mode: 0o600 });
});
afterEach(() => rmSync(place.home, { recursive: true, force: true }));

const onDisk = (): string =>
  readdirSync(place.home)
    .map((name) => readFileSync(join(place.home, name), 'utf8'))
    .join('\n');
const isPlain = (name: string): boolean => readFileSync(join(place.home, name), 'utf8') === texts[name as keyof typeof texts];

function expectToOpen(passphrase: string | undefined): void {
  const { files } = openHomeKeys(place, passphrase, needs);
  for (const [name, text] of Object.entries(texts)) expect(files.read(join(place.home, name))).toBe(text);
}

/** A disk that takes so many files and no more. */
const takes = (count: number) => {
  let left = count;
  return (file: string, text: string): void => {
    if (left === 0) throw new Error('EIO: i/o error, rename');
    left -= 1;
    writeWhole(file, text);
  };
};

test('a home without a passphrase stays as it is', () => {
  expectToOpen(undefined);
  expect(openHomeKeys(place, undefined, needs)).toEqual({ files: plainKeyFiles, encrypted: false });
  expect(readdirSync(place.home).sort()).toEqual(Object.keys(texts).sort());
});

test('an encrypted home shows nothing of its keys, opens with its passphrase, and keeps what is written later encrypted too', () => {
  encryptHome(place, good, needs);
  for (const secret of ['NODE', 'SECRET', 'ADMIN', good]) expect(onDisk()).not.toContain(secret);
  expectToOpen(good);
  const { files } = openHomeKeys(place, good, needs);
  files.write(join(place.home, 'admin.key'), 'LATER\n');
  expect(onDisk()).not.toContain('LATER');
  expect(statSync(join(place.home, 'admin.key')).mode & 0o777).toBe(0o600);
  expect(openHomeKeys(place, good, needs).files.read(join(place.home, 'admin.key'))).toBe('LATER\n');
});

test('doctor does not take encrypted keys for damaged ones', () => {
  encryptHome(place, good, needs);
  const at = (name: string): string => join(place.home, name);
  expect(membershipOf({ clusterKey: at('cluster.key'), adminKey: at('admin.key'), membership: at('membership.json') })).toEqual({ encrypted: true });
});

test('a wrong passphrase and none are told apart, and nothing changes', () => {
  encryptHome(place, good, needs);
  const before = onDisk();
  expect(() => openHomeKeys(place, other, needs)).toThrow(expect.objectContaining({ code: 'passphrase-wrong' }));
  expect(() => openHomeKeys(place, undefined, needs)).toThrow(
    expect.objectContaining({ code: 'passphrase-missing', hint: expect.stringContaining('supervm up') }),
  );
  expect(() => changePassphrase(place, { old: other, next: good }, needs)).toThrow(expect.objectContaining({ code: 'passphrase-wrong' }));
  expect(() => layOpen(place, other, needs)).toThrow(expect.objectContaining({ code: 'passphrase-wrong' }));
  expect(() => encryptHome(place, other, needs)).toThrow('already');
  expect(onDisk()).toBe(before);
});

test('letters that were typed as other code points are the same passphrase; a short one is refused before anything is written', () => {
  expect(() => encryptHome(place, 'seven77', needs)).toThrow(expect.objectContaining({ code: 'usage' }));
  expect(existsSync(place.encryption)).toBe(false);
  encryptHome(place, 'Schlüssel zum Haus', needs);
  expectToOpen('Schlüssel zum Haus'.normalize('NFD'));
});

test('another passphrase takes the place of the first, and a disk that fails leaves the first', () => {
  encryptHome(place, good, needs);
  expect(() => changePassphrase(place, { old: good, next: other }, { ...needs, write: takes(0) })).toThrow('EIO');
  expectToOpen(good);
  changePassphrase(place, { old: good, next: other }, needs);
  expectToOpen(other);
  expect(() => openHomeKeys(place, good, needs)).toThrow(expect.objectContaining({ code: 'passphrase-wrong' }));
});

describe('a crash between files leaves a home that opens', () => {
  test('while it is encrypted: as before, or with the passphrase, which encrypts the rest', () => {
    expect(() => encryptHome(place, good, { ...needs, write: takes(0) })).toThrow('EIO');
    expectToOpen(undefined);
    expect(() => encryptHome(place, good, { ...needs, write: takes(2) })).toThrow('EIO');
    expect(Object.keys(texts).filter(isPlain)).toHaveLength(2);
    writeFileSync(join(place.home, 'admin.key.new'), 'HALF');
    expectToOpen(good);
    for (const secret of ['NODE', 'SECRET', 'ADMIN', 'HALF']) expect(onDisk()).not.toContain(secret);
  });

  test('while it is laid open: with the passphrase, and then it can be laid open again', () => {
    encryptHome(place, good, needs);
    expect(() => layOpen(place, good, { ...needs, write: takes(1) })).toThrow('EIO');
    expect(() => openHomeKeys(place, undefined, needs)).toThrow(expect.objectContaining({ code: 'passphrase-missing' }));
    expectToOpen(good);
    layOpen(place, good, needs);
    expect(existsSync(place.encryption)).toBe(false);
    expect(Object.keys(texts).filter(isPlain)).toEqual(Object.keys(texts));
  });
});

describe('what is damaged is said to be, and never read', () => {
  const damaged = expect.objectContaining({ code: 'usage', message: expect.stringContaining('damaged') as string });
  const file = (): string => join(place.home, 'cluster.key');
  const read = () => openHomeKeys(place, good, needs).files.read(file());

  test('a flipped bit, a cut file, another file under its name', () => {
    encryptHome(place, good, needs);
    const whole = readFileSync(file(), 'utf8');
    const at = whole.length - 10;
    for (const text of [
      `${whole.slice(0, at)}${whole[at] === 'A' ? 'B' : 'A'}${whole.slice(at + 1)}`,
      whole.slice(0, 40),
      whole.slice(0, 17),
      readFileSync(join(place.home, 'node.key'), 'utf8'),
    ]) {
      writeFileSync(file(), text);
      expect(read).toThrow(damaged);
    }
    writeFileSync(file(), whole);
    expect(read()).toBe(texts['cluster.key']);
  });

  test('what wraps the key: cut, flipped, of a cost that nobody pays; and when it is gone the keys are not called damaged', () => {
    encryptHome(place, good, needs);
    const whole = readFileSync(place.encryption, 'utf8');
    for (const text of ['', whole.slice(0, 60), whole.replace('"N":1024', '"N":4194304'), whole.replace('"N":1024', '"N":1000')]) {
      writeFileSync(place.encryption, text);
      expect(read).toThrow(damaged);
    }
    const wrapped = (JSON.parse(whole) as { readonly key: string }).key;
    writeFileSync(place.encryption, whole.replace(wrapped, `${wrapped[0] === 'A' ? 'B' : 'A'}${wrapped.slice(1)}`));
    expect(read).toThrow(expect.objectContaining({ code: 'passphrase-wrong' }));
    rmSync(place.encryption);
    expect(read).toThrow(expect.objectContaining({ code: 'usage', hint: expect.stringContaining('encryption.json') }));
  });
});

test('a key that waits under another name takes the place of the one before by a rename', () => {
  encryptHome(place, good, needs);
  const { files } = openHomeKeys(place, good, needs);
  files.write(join(place.home, 'node.key.next'), 'NEXT\n');
  writeFileSync(join(place.home, 'node.key'), readFileSync(join(place.home, 'node.key.next')));
  expect(files.read(join(place.home, 'node.key'))).toBe('NEXT\n');
});

test.each([
  ['costs nothing', { N: 2, r: 1, p: 1 }, 'passphrase-wrong'],
  ['asks for what scrypt refuses', { N: 65_536, r: 1, p: 16 }, 'usage'],
])('a lock that %s is refused in words', (_, cost, code) => {
  encryptHome(place, good, needs);
  writeFileSync(place.encryption, JSON.stringify({ ...(JSON.parse(readFileSync(place.encryption, 'utf8')) as object), ...cost }));
  expect(() => openHomeKeys(place, good, needs)).toThrow(expect.objectContaining({ code }));
});
