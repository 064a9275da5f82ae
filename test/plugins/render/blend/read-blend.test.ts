import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { versionText } from '../../../../plugins/render/blend/header.ts';
import { type BlendContents, readBlend } from '../../../../plugins/render/blend/read-blend.ts';
import { SupervmError } from '../../../../src/model/errors.ts';
import { camera, cyclesGroup, font, image, library, part, scene, smallBlend, usualForm } from '../../../support/small-blend.ts';
import type { BlendForm } from '../../../support/write-blend.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-blend-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(bytes: Uint8Array): Promise<BlendContents> {
  const path = join(folder, 'file.blend');
  writeFileSync(path, bytes);
  return readBlend(path);
}

async function refusal(bytes: Uint8Array): Promise<SupervmError> {
  const error: unknown = await read(bytes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SupervmError) return error;
  throw new Error(`not refused as it should be: ${String(error)}`);
}

const usual = [scene(), camera('Camera'), image('wood', '//textures/wood.png')];

/** As Blender does: a frame a piece, then a skippable frame with a table of where they are. */
function inFrames(bytes: Buffer, pieceBytes: number): Buffer {
  const frames: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes) frames.push(zstdCompressSync(bytes.subarray(start, start + pieceBytes)));
  const table = Buffer.alloc(8 + 5);
  table.writeUInt32LE(0x184d2a5e, 0);
  table.writeUInt32LE(5, 4);
  return Buffer.concat([...frames, table]);
}

describe('a .blend file', () => {
  const forms: [string, BlendForm][] = [
    ['little-endian with 64-bit pointers', usualForm],
    ['little-endian with 32-bit pointers', { ...usualForm, pointerBytes: 4 }],
    ['big-endian with 64-bit pointers', { ...usualForm, littleEndian: false }],
    ['big-endian with 32-bit pointers', { ...usualForm, littleEndian: false, pointerBytes: 4 }],
    ["of Blender 5's form", { ...usualForm, large: true, version: 500 }],
  ];
  it.each(forms)('%s tells its scene', async (_, form) => {
    const { version, activeScene, cameras, references } = await read(smallBlend(usual, form));
    expect(version).toBe(form.version);
    expect(activeScene).toMatchObject({
      name: 'Scene',
      first: 1,
      last: 24,
      frameStep: 1,
      engine: 'CYCLES',
      resolutionX: 1920,
      resolutionY: 1080,
      percentage: 50,
    });
    expect(activeScene).toMatchObject({ hasCamera: true, imageType: 17, isMultiView: false });
    expect(cameras).toEqual(['Camera']);
    expect(references).toEqual([{ kind: 'image', owner: 'wood', path: '//textures/wood.png', form: 'file', needed: true }]);
  });

  it('is read the same through gzip and through zstd in one frame or many', async () => {
    const bytes = smallBlend(usual);
    const plain = await read(bytes);
    expect(await read(gzipSync(bytes))).toEqual(plain);
    expect(await read(inFrames(bytes, bytes.length))).toEqual(plain);
    expect(await read(inFrames(bytes, 100))).toEqual(plain);
  });

  it('gives the scene that was open, and all others', async () => {
    const { activeScene, scenes } = await read(smallBlend([scene({ 'id.name': 'SCother' }, 200n), scene({ 'id.name': 'SCopen' }, 100n)]));
    expect(activeScene?.name).toBe('open');
    expect(scenes.map((each) => each.name)).toEqual(['other', 'open']);
  });

  it('counts a camera that only a marker binds', async () => {
    const without = smallBlend([scene({ camera: 0n })]);
    expect((await read(without)).activeScene?.hasCamera).toBe(false);
    const bound = smallBlend([scene({ camera: 0n }), part('TimeMarker', 300n, { frame: 1, camera: 77n })]);
    expect((await read(bound)).activeScene?.hasCamera).toBe(true);
  });

  it('tells a crop only when region and cropping are both on', async () => {
    const border = { 'r.border.xmin': 0.25, 'r.border.xmax': 0.75, 'r.border.ymin': 0, 'r.border.ymax': 1 };
    expect((await read(smallBlend([scene({ ...border, 'r.mode': 1 << 9 })]))).activeScene?.crop).toBeUndefined();
    expect((await read(smallBlend([scene({ ...border, 'r.mode': (1 << 9) | (1 << 11) })]))).activeScene?.crop).toEqual({
      left: 0.25,
      right: 0.75,
      bottom: 0,
      top: 1,
    });
  });

  describe('wants a denoiser', () => {
    const withCycles = { 'id.properties': 500n };
    it('when the scene says so', async () => {
      const { activeScene } = await read(smallBlend([scene(withCycles), ...cyclesGroup({ samples: 12, use_denoising: 1, denoiser: 4 })]));
      expect(activeScene).toMatchObject({ denoises: true, denoiser: 4, samples: 12 });
    });
    it('not when the scene says no', async () => {
      const { activeScene } = await read(smallBlend([scene(withCycles), ...cyclesGroup({ use_denoising: 0 })]));
      expect(activeScene?.denoises).toBe(false);
    });
    it('when a scene since Blender 3.0 says nothing, and not when an older one does', async () => {
      expect((await read(smallBlend([scene()]))).activeScene?.denoises).toBe(true);
      expect((await read(smallBlend([scene()], { ...usualForm, version: 293 }))).activeScene?.denoises).toBe(false);
      expect((await read(smallBlend([scene()], { ...usualForm, version: 300 }, 25))).activeScene?.denoises).toBe(false);
      expect((await read(smallBlend([scene()], { ...usualForm, version: 300 }, 26))).activeScene?.denoises).toBe(true);
    });
  });

  it('names sequences, tiles and libraries, and nothing that is packed, generated or built in', async () => {
    const { references, linked } = await read(
      smallBlend([
        scene(),
        image('seq', '//s/f_001.png', { source: 2 }),
        image('tiles', '//t.<UDIM>.png', { source: 6 }),
        part('ImageTile', 301n, [{ tile_number: 1001 }, { tile_number: 1012 }]),
        image('packed', '//p.png', { packedfile: 9n }),
        image('made', '', { source: 4 }),
        image('Render Result', '', { source: 5 }),
        font('<builtin>'),
        font('/usr/share/fonts/a.ttf'),
        ...library('//..\\lib.blend', 'OBthing'),
        { code: 'LI', struct: 'Library', values: { 'id.name': 'LIunused', name: '//unused.blend' } },
      ]),
    );
    expect(references.map(({ kind, path, form, tiles }) => [kind, path, form, tiles])).toEqual([
      ['image', '//s/f_001.png', 'sequence', undefined],
      ['image', '//t.<UDIM>.png', 'tiles', [1001, 1012]],
      ['font', '/usr/share/fonts/a.ttf', 'file', undefined],
      ['library', '//..\\lib.blend', 'file', undefined],
    ]);
    expect(linked).toEqual(['OBthing']);
  });
});

describe('what is no scene is refused', () => {
  it.each([
    ['an empty file', Buffer.alloc(0), 'is empty'],
    ['text', Buffer.from('no scene at all, though long enough to be one'), 'not a Blender scene'],
    ['a file that ends within its header', Buffer.from('BLENDER-v3'), 'ends early'],
    ['a header alone', Buffer.from('BLENDER-v304'), 'ends early'],
    ['a file without a catalogue', Buffer.concat([Buffer.from('BLENDER-v304ENDB'), Buffer.alloc(20)]), 'no catalogue'],
    ['a gzip file of text', gzipSync('no scene at all, though long enough to be one'), 'not a Blender scene'],
    ['a gzip file cut short', gzipSync(smallBlend(usual)).subarray(0, 200), 'damaged'],
    ['a zstd file cut short', inFrames(smallBlend(usual), 1 << 20).subarray(0, 200), 'ends early'],
    ['an impossible block', Buffer.concat([Buffer.from('BLENDER-v304DATA'), Buffer.alloc(20, 0xff)]), 'impossible'],
  ])('%s', async (_, bytes, reason) => {
    const error = await refusal(bytes);
    expect(error.code).toBe('not-a-scene');
    expect(error.message).toContain(reason);
    expect(error.message).toContain('file.blend');
  });

  it('wherever it is cut', async () => {
    const bytes = smallBlend(usual);
    const end = bytes.indexOf('ENDB');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: end - 1 }), async (length) => {
        expect((await refusal(bytes.subarray(0, length))).code).toBe('not-a-scene');
      }),
      { numRuns: 60 },
    );
  });

  it('or read, but never worse, wherever bytes are changed', async () => {
    const bytes = smallBlend([scene({ 'id.properties': 500n }), ...cyclesGroup({ samples: 1 }), ...library('//l.blend')]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), async (changes) => {
        const changed = Buffer.from(bytes);
        for (const [place, value] of changes) changed[place] = value;
        await read(changed).catch((error: unknown) => {
          expect(error).toBeInstanceOf(SupervmError);
        });
      }),
      { numRuns: 150 },
    );
  });

  it('zeros behind a good header, compressed', async () => {
    const zeros = gzipSync(Buffer.concat([smallBlend(usual).subarray(0, 12), Buffer.alloc(4 << 20)]));
    expect((await refusal(zeros)).code).toBe('not-a-scene');
  });
});

it.each([
  [279, '2.79'],
  [280, '2.80'],
  [300, '3.0'],
  [304, '3.4'],
  [402, '4.2'],
  [500, '5.0'],
])('version %d is called %s', (version, text) => {
  expect(versionText(version)).toBe(text);
});
