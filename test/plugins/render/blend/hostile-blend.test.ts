import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlendContents, readBlend } from '../../../../plugins/render/blend/read-blend.ts';
import { camera, image, part, scene, smallBlend } from '../../../support/small-blend.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(bytes: Uint8Array): Promise<BlendContents> {
  const path = join(folder, 'file.blend');
  writeFileSync(path, bytes);
  return readBlend(path);
}

const usual = [scene(), camera('Camera'), image('wood', '//textures/wood.png')];

describe('a hostile file takes neither memory nor time', () => {
  const header = Buffer.from('BLENDER-v304');
  const head = (code: string, bytes: number, struct = 0, count = 1): Buffer => {
    const block = Buffer.alloc(24);
    block.write(code, 'latin1');
    block.writeInt32LE(bytes, 4);
    block.writeInt32LE(struct, 16);
    block.writeInt32LE(count, 20);
    return block;
  };
  const end = head('ENDB', 0);
  const repeated = (block: Buffer, times: number): Buffer => Buffer.alloc(block.length * times, block);
  /** With `blocks` before the catalogue of an ordinary scene. */
  const withBlocks = (...blocks: readonly Buffer[]): Buffer => Buffer.concat([header, ...blocks, smallBlend(usual).subarray(12)]);
  const structNumber = (name: string): number => {
    const places = [
      'ListBase',
      'ID',
      'IDPropertyData',
      'IDProperty',
      'FileGlobal',
      'rctf',
      'ImageFormatData',
      'RenderData',
      'Scene',
      'ViewLayer',
      'TimeMarker',
    ];
    return places.indexOf(name);
  };
  const word = (letters: string, count: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.write(letters, 'latin1');
    bytes.writeInt32LE(count, 4);
    return bytes;
  };

  it.each<[string, () => Buffer, RegExp]>([
    ['more blocks than any scene has', () => withBlocks(repeated(head('DATA', 0), 2_000_001)), /more blocks/],
    [
      'a catalogue with a giant count',
      () => Buffer.concat([header, head('DNA1', 32), Buffer.from('SDNA'), word('NAME', 2 ** 31 - 1), Buffer.alloc(20), end]),
      /impossible/,
    ],
    [
      'a catalogue of one endless word',
      () => Buffer.concat([header, head('DNA1', 1 << 20), Buffer.from('SDNA'), word('NAME', 1), Buffer.alloc((1 << 20) - 12, 'a'), end]),
      /catalogue/,
    ],
    [
      'an array of more elements than there are bytes',
      () => {
        const name = Buffer.from('a[9999][9999][9999][9999]\0');
        const bytes = Buffer.concat([Buffer.from('SDNA'), word('NAME', 1), name, Buffer.alloc(2), word('TYPE', 0), word('TLEN', 0), word('STRC', 0)]);
        return Buffer.concat([header, head('DNA1', bytes.length), bytes, end]);
      },
      /catalogue|catalog/,
    ],
    [
      'a million parts without a byte',
      () => withBlocks(head('SC', 0, structNumber('Scene')), repeated(head('DATA', 0, structNumber('TimeMarker')), 600_000)),
      /more parts/,
    ],
    [
      'a block of more elements than any list has',
      () => withBlocks(head('SC', 0, structNumber('Scene')), head('DATA', 12 << 20, structNumber('TimeMarker')), Buffer.alloc(12 << 20)),
      /longer than any scene/,
    ],
    ['a length that leads to the end of the world', () => withBlocks(head('SC', 2 ** 31 - 1, 3)), /ends early/],
    [
      'a frame of a million compressed blocks',
      () => {
        const frame = Buffer.concat([
          Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]),
          repeated(Buffer.from([0x0a, 0, 0, 7]), 1_000_000),
          Buffer.from([0x0b, 0, 0, 7]),
        ]);
        return frame;
      },
      /too large/,
    ],
    [
      'an endless row of frames that say nothing',
      () => Buffer.concat([zstdCompressSync(header), repeated(Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]), 100_000)]),
      /damaged/,
    ],
  ])('%s', async (_, make, reason) => {
    const before = process.memoryUsage().rss;
    await expect(read(make())).rejects.toMatchObject({ code: 'not-a-scene', message: expect.stringMatching(reason) });
    expect(process.memoryUsage().rss - before).toBeLessThan(700 * 2 ** 20);
  });

  it('properties that name each other in a circle', async () => {
    const circle = [
      part('IDProperty', 500n, { type: 6, name: 'top', 'data.group.first': 501n }),
      part('IDProperty', 501n, { type: 6, name: 'other', next: 502n }),
      part('IDProperty', 502n, { type: 6, name: 'another', next: 501n }),
    ];
    const layers = part(
      'ViewLayer',
      600n,
      Array.from({ length: 2000 }, () => ({ name: 'layer', id_properties: 500n })),
    );
    expect(await read(smallBlend([scene({ 'id.properties': 500n }), ...circle, layers]))).toMatchObject({ scenes: [{ name: 'Scene' }] });
  });
});
