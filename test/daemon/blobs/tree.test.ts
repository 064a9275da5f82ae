import { posix } from 'node:path';
import { encode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTree, encodeTree } from '../../../daemon/blobs/tree.ts';
import { pathDefect } from '../../../src/model/relative-path.ts';

const digest = 'ab'.repeat(32);
const file = (path: string) => ({ path, digest, size: 3, mode: 0o644 });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !text.includes('/') && pathDefect(text) === undefined);

describe('a tree', () => {
  it('reads back as it was written, sorted, whatever the order it was given in', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 12, selector: (text) => text.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC') }),
        fc.infiniteStream(fc.nat()),
        (names, orders) => {
          const entries = names.map((path) => file(`folder/${path}`));
          const shuffled = entries.map((entry) => ({ entry, order: orders.next().value })).sort((a, b) => a.order - b.order);
          const bytes = encodeTree(shuffled.map(({ entry }) => entry));
          expect(bytes).toEqual(encodeTree(entries));
          expect(decodeTree(bytes)).toEqual(entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
        },
      ),
    );
  });

  it.each([
    '../escape',
    '/etc/passwd',
    'a/../b',
    'a//b',
    './a',
    'a/.',
    '',
    'a\0b',
    '\ud800',
    'x'.repeat(256),
    'a\nb',
    'a\u001b[2J',
    '\u202egnp.exe',
    `${'a/'.repeat(64)}b`,
  ])('refuses the path %j', (path) => {
    expect(() => encodeTree([file(path)])).toThrow(expect.objectContaining({ code: 'tree-invalid' }));
  });

  it('refuses a path that is listed twice', () => {
    expect(() => encodeTree([file('a'), file('a')])).toThrow(/twice/);
  });

  it('refuses a path that is both a file and a folder, also with names between them', () => {
    expect(() => encodeTree([file('a'), file('a-b'), file('a/b')])).toThrow(/both a file and a folder/);
  });

  it('refuses entries with bad digests, sizes or permissions', () => {
    for (const change of [{ digest: 'AB'.repeat(32) }, { digest: '../x' }, { size: -1 }, { size: 1.5 }, { mode: 0o4755 }]) {
      expect(() => encodeTree([{ ...file('a'), ...change }])).toThrow(expect.objectContaining({ code: 'tree-invalid' }));
    }
  });

  it.each([
    ['A', 'a'],
    ['Textures/é.png', 'Textures/É.png'],
    ['e\u0301', '\u00e9'],
    ['Tex', 'tex/a'],
  ])('refuses %j beside %j, which some machines take for the same', (one, other) => {
    expect(() => encodeTree([file(one), file(other)])).toThrow(/only in the case of letters|both a file and a folder/);
  });

  it('takes folders that differ in case: nothing is lost where they become one', () => {
    expect(encodeTree([file('Textures/a'), file('textures/b')])).toBeInstanceOf(Uint8Array);
  });

  it('refuses more files or bytes than any job has', () => {
    expect(() => encodeTree(Array.from({ length: 100_001 }, (_, index) => file(`f${index}`)))).toThrow(/100001 input files; a job may have 100000/);
    expect(() => encodeTree([file('a'), { ...file('b'), size: 2 ** 44 }])).toThrow(/may take/);
  });

  it('of whatever a peer sends, takes only what can be written out whole, below one folder, and nothing else', () => {
    const part = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('a', 'A', 'b', 'c', '\u00e9', 'e\u0301') },
      { weight: 1, arbitrary: fc.constantFrom('..', '.', '', 'x\n', '\u202ex', 'n'.repeat(300)) },
    );
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const mode = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0o644, 0o755) }, { weight: 1, arbitrary: fc.constantFrom(0o4755, 0o2755, 0o1777, -1, 1.5) });
    const size = fc.oneof({ weight: 9, arbitrary: fc.nat(99) }, { weight: 1, arbitrary: fc.constantFrom(-1, 2 ** 53, 2 ** 60, 0.5) });
    const entry = fc.record({ path, digest: fc.constant(digest), size, mode });
    let taken = 0;
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        const sent = encode(entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
        let tree: ReturnType<typeof decodeTree>;
        try {
          tree = decodeTree(sent);
        } catch (error) {
          expect(error).toMatchObject({ code: 'tree-invalid' });
          return;
        }
        taken += 1;
        expect(tree).toHaveLength(entries.length);
        const folded = tree.map((each) => each.path.normalize('NFC').toLowerCase());
        expect(new Set(folded).size).toBe(folded.length);
        for (const each of tree) {
          expect(posix.join('/x', each.path)).toBe(`/x/${each.path}`);
          expect(each.path).not.toMatch(/\p{Cc}|\u202e/u);
          expect(each.mode & ~0o777).toBe(0);
          expect(folded.some((other) => other.startsWith(`${each.path.normalize('NFC').toLowerCase()}/`))).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  it('refuses bytes that are no tree', () => {
    const good = encodeTree([file('a'), file('b')]);
    for (const bytes of [new Uint8Array(), new Uint8Array([0xff]), good.slice(0, -1), new TextEncoder().encode('[]'), new Uint8Array([0x81, 0xa0])]) {
      expect(() => decodeTree(bytes)).toThrow(expect.objectContaining({ code: 'tree-invalid' }));
    }
    expect(decodeTree(good)).toHaveLength(2);
  });
});
