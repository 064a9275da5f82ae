import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PathCollisions, pathDefect, portableDefect } from '../../src/model/relative-path.ts';

test.each([
  ['a', undefined],
  ['folder/frame_0001.png', undefined],
  ['.hidden', undefined],
  ['سلام/文件 (1).png', undefined],
  ['console.log', undefined],
  ['', 'no name'],
  ['/etc/passwd', 'absolute'],
  ['a/../b', '".."'],
  ['a//b', '""'],
  ['a\0b', 'zero byte'],
  ['a\nb', 'control character'],
  ['a\u001b[2J', 'control character'],
  ['photo\u202egnp.exe', 'control character'],
  ['x'.repeat(256), 'name that is too long'],
  [`${'x/'.repeat(2000)}y`, 'path that is too long'],
  [`${'x/'.repeat(64)}y`, 'more than 63 folders'],
  ['\ud800', 'not valid Unicode'],
])('%j as the name of any file', (path, defect) => {
  if (defect === undefined) expect([pathDefect(path), portableDefect(path)]).toEqual([undefined, undefined]);
  else for (const found of [pathDefect(path), portableDefect(path)]) expect(found).toContain(defect);
});

test.each([
  ['NUL', 'device'],
  ['out/con.png', 'device'],
  ['lpt1.tar.gz', 'device'],
  ['a\\b', 'backslash'],
  ['C:evil', 'colon'],
  ['a.png:stream', 'colon'],
  ['a.', 'ends in a dot'],
  ['folder /a', 'ends in a dot or a space'],
  ['\ufffd.png', 'not valid UTF-8'],
])('%j is a name only here, and is refused where others must have the file too', (path, defect) => {
  expect(pathDefect(path)).toBeUndefined();
  expect(portableDefect(path)).toContain(defect);
});

describe('files that cannot lie in one folder', () => {
  test.each([
    [['a', 'a'], 'listed twice'],
    [['Frame.png', 'frame.PNG'], 'only in the case of letters'],
    [['a', 'a/b'], 'both a file and a folder'],
    [['a/b', 'a'], 'both a file and a folder'],
    [['A/b', 'a'], 'both a file and a folder'],
    [['A', 'a/b/c'], 'both a file and a folder'],
  ])('%j', (paths, defect) => {
    const collisions = new PathCollisions();
    const found = paths.map((path) => collisions.add(path));
    expect(found[0]).toBeUndefined();
    expect(found[1]).toContain(defect);
  });

  test('are found in whatever order they come', () => {
    const path = fc.array(fc.constantFrom('a', 'A', 'b', 'B'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
    const clash = (paths: readonly string[]): boolean => {
      const collisions = new PathCollisions();
      return paths.some((each) => collisions.add(each) !== undefined);
    };
    fc.assert(
      fc.property(fc.array(path, { maxLength: 5 }), (paths) => {
        expect(clash(paths.toReversed())).toBe(clash(paths));
        const low = paths.map((each) => each.toLowerCase());
        const isClash = new Set(low).size < low.length || low.some((one) => low.some((other) => other.startsWith(`${one}/`)));
        expect(clash(paths)).toBe(isClash);
      }),
    );
  });
});
