import { describe, expect, it } from 'vitest';
import { engineOf } from '../../../plugins/render/engines.ts';
import { formatNames, formatOfScene } from '../../../plugins/render/formats.ts';
import { frameNames } from '../../../plugins/render/frame-names.ts';
import { isStatusLine, progressOf } from '../../../plugins/render/progress-line.ts';
import { commonFolder, isAbsoluteWritten, resolveWritten } from '../../../plugins/render/written-path.ts';
import { tellsOfDamage, tellsOfWrongFrame } from '../../../plugins/render/wrong-frame-signs.ts';

describe('a path that a scene writes', () => {
  it.each([
    ['//textures/wood.png', '/home/me/film/textures/wood.png'],
    ['//..\\shared\\wood.png', '/home/me/shared/wood.png'],
    ['//../../../../wood.png', '/wood.png'],
    ['/srv/wood.png', '/srv/wood.png'],
    ['/srv/../wood.png', '/wood.png'],
    ['C:\\wood\\oak.png', '/c/wood/oak.png'],
    ['wood.png', '/work/wood.png'],
  ])('%s leads to %s', (written, path) => {
    expect(resolveWritten(written, '/home/me/film', '/work')).toBe(path);
  });

  it('is absolute when it does not move with the scene', () => {
    expect(['/a/b', 'C:\\a', '//a', 'a/b'].map(isAbsoluteWritten)).toEqual([true, true, false, false]);
  });

  it.each([
    [['/a/b/c.blend'], '/a/b'],
    [['/a/b/c.blend', '/a/d/e.png'], '/a'],
    [['/a/b/c.blend', '/a/bc/e.png'], '/a'],
    [['/a/c.blend', '/z/e.png'], '/'],
    [['/c.blend'], '/'],
  ])('%j lie in %s', (paths, folder) => {
    expect(commonFolder(paths)).toBe(folder);
  });
});

it.each([
  ['frame_####.png', 7, 'frame_0007.png'],
  ['####.png', 12_345, '12345.png'],
  ['#.png', 0, '0.png'],
  ['x##.exr', -3, 'x-03.exr'],
])('%s of frame %d is %s', (pattern, frame, name) => {
  expect(frameNames(pattern)(frame)).toBe(name);
});

describe("Blender's status lines", () => {
  const head = 'Fra:3 Mem:12.3M (Peak 14M) | Time:00:00.12 | Mem:0.01M, Peak:0.01M | Scene, ViewLayer |';
  it.each([
    [`${head} Sample 2/8`, 0.25],
    [`${head} Rendered 1/4 Tiles, Sample 4/8`, 0.375],
    [`${head} Rendered 4/4 Tiles`, 1],
    ['Fra:-4 Mem:10.84M (Peak 11.94M) | Time:00:00.08 | Rendering 26 / 64 samples', 26 / 64],
  ])('%s', (line, fraction) => {
    expect(progressOf(line)?.fraction).toBeCloseTo(fraction);
  });

  it('that tell no share of the frame are status lines all the same', () => {
    expect(progressOf(`${head} Updating Lights`)).toBeUndefined();
    expect(isStatusLine(`${head} Updating Lights`)).toBe(true);
    expect(isStatusLine("Saved: 'x.png'")).toBe(false);
    expect(progressOf('Sample 1/2')).toBeUndefined();
  });
});

describe('what Blender says while it renders a wrong frame', () => {
  it.each([
    "Info: Cannot find lib '/in/lib.blend'",
    "Info: LIB: NodeTree: 'Fresnel' missing from '/in/lib.blend', parent '<direct>'",
    "Warning: Unable to open '/in/lib.blend': No such file or directory",
    'Warning: 1 libraries and 8 linked data-blocks are missing (including 0 ObjectData and 0 Proxies), please check the Info and Outliner editors for details',
    'IMB_ibImageFromMemory: unknown file-format (/in/plate_0003.png)',
    'GPUTexture: Blender Texture Not Loaded!',
  ])('%s', (line) => {
    expect(tellsOfWrongFrame(line)).toBe(true);
  });

  it.each([
    "Saved: '/tmp/frame_0001.png'",
    'EGL Error (0x3001): EGL_NOT_INITIALIZED: EGL is not initialized, or could not be initialized, for the specified EGL display connection.',
    'DDS: trying to read beyond end of stream (corrupt file?)',
    'Warning: 0 libraries and 0 linked data-blocks are missing (including 3 ObjectData and 0 Proxies), please check the Info and Outliner editors for details',
  ])('but not: %s', (line) => {
    expect(tellsOfWrongFrame(line)).toBe(false);
  });

  it('does not count for paths that are moved after loading, unless it names the new place', () => {
    const moved = { '/home/me/lib.blend': 'lib.blend' };
    expect(tellsOfWrongFrame("Info: Cannot find lib '/home/me/lib.blend'", moved)).toBe(false);
    expect(tellsOfWrongFrame("Info: LIB: Object: 'x' missing from 'lib.blend', parent '<direct>'", moved)).toBe(true);
  });

  it.each(['Corrupt JPEG data: premature end of data segment', 'WARNING! HDR decode error, image may be just truncated', 'WebP: Failed to decode image'])(
    'damage: %s',
    (line) => {
      expect(tellsOfDamage(line)).toBe(true);
    },
  );

  it('no damage: a file that is too short for a format that no frame has', () => {
    expect(tellsOfDamage('DDS: trying to read beyond end of stream (corrupt file?)')).toBe(false);
  });
});

it('knows the engines that Blender has had', () => {
  expect(['CYCLES', 'BLENDER_EEVEE_NEXT', 'BLENDER_RENDER', 'BLENDER_WORKBENCH', 'LUXCORE', 'constructor'].map(engineOf)).toEqual([
    'cycles',
    'eevee',
    'eevee',
    'workbench',
    undefined,
    undefined,
  ]);
});

it("takes the scene's own format, and PNG where that is a film", () => {
  expect(formatOfScene(23).name).toBe('OPEN_EXR');
  expect(formatOfScene(24)).toMatchObject({ name: 'PNG', extension: '.png' });
  expect(formatNames).toContain('JPEG');
});
