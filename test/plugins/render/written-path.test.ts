import { expect, it } from 'vitest';
import { endsOf, isAbsoluteWritten, isOfWindows, resolveWritten } from '../../../plugins/render/written-path.ts';

it.each([
  ['//tex/a.png', '/film/scenes/tex/a.png'],
  ['//..\\tex\\a.png', '/film/tex/a.png'],
  ['//../../../../a.png', '/a.png'],
  ['/tex/../a.png', '/a.png'],
  ['a.png', '/work/a.png'],
  ['C:\\tex\\a.png', '/c/tex/a.png'],
  ['d:/tex/a.png', '/d/tex/a.png'],
  ['/tex\\oak\\a.png', '/tex/oak/a.png'],
  ['\\\\server\\share\\a.png', '/work/\\\\server/share/a.png'],
])('%s leads to %s', (written, path) => {
  expect(resolveWritten(written, '/film/scenes', '/work')).toBe(path);
});

it.each([
  ['//a.png', false, false],
  ['a.png', false, false],
  ['/a.png', true, false],
  ['C:\\a.png', true, true],
  ['C:a.png', false, false],
  ['\\\\server\\a.png', false, true],
])('%s: the same wherever the scene lies %s, of Windows %s', (written, isAbsolute, isForeign) => {
  expect([isAbsoluteWritten(written), isOfWindows(written)]).toEqual([isAbsolute, isForeign]);
});

it('a path that has moved is looked for by its ends, the longest first, never by its drive', () => {
  expect(endsOf('C:\\film\\tex\\a.png')).toEqual(['film/tex/a.png', 'tex/a.png', 'a.png']);
  expect(endsOf('C:\\..\\a.png')).toEqual(['a.png']);
  expect(endsOf(`C:\\${'x\\'.repeat(100)}a.png`)).toHaveLength(8);
});
