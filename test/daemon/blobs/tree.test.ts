import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTree, encodeTree } from '../../../daemon/blobs/tree.ts';

const digest = 'ab'.repeat(32);
const file = (path: string) => ({ path, digest, size: 3, mode: 0o644 });
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed());

describe('a tree', () => {
  it('reads back as it was written, sorted, whatever the order it was given in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (names, orders) => {
        const entries = names.map((path) => file(`folder/${path}`));
        const shuffled = entries.map((entry) => ({ entry, order: orders.next().value })).sort((a, b) => a.order - b.order);
        const bytes = encodeTree(shuffled.map(({ entry }) => entry));
        expect(bytes).toEqual(encodeTree(entries));
        expect(decodeTree(bytes)).toEqual(entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
      }),
    );
  });

  it.each(['../escape', '/etc/passwd', 'a/../b', 'a//b', './a', 'a/.', '', 'a\0b', '\ud800', 'x'.repeat(256)])('refuses the path %j', (path) => {
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

  it('refuses bytes that are no tree', () => {
    const good = encodeTree([file('a'), file('b')]);
    for (const bytes of [new Uint8Array(), new Uint8Array([0xff]), good.slice(0, -1), new TextEncoder().encode('[]'), new Uint8Array([0x81, 0xa0])]) {
      expect(() => decodeTree(bytes)).toThrow(expect.objectContaining({ code: 'tree-invalid' }));
    }
    expect(decodeTree(good)).toHaveLength(2);
  });
});
