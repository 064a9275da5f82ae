/** Files that people bring to be rendered and that Blender leaves behind. */
import { crc32, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { readBlend } from '../../../plugins/render/blend/read-blend.ts';
import { checkExr } from '../../../plugins/render/exr.ts';
import { frameNames } from '../../../plugins/render/frame-names.ts';
import { parseOverrides } from '../../../plugins/render/overrides.ts';
import { checkPng, decodePng } from '../../../plugins/render/png.ts';
import { progressOf } from '../../../plugins/render/progress-line.ts';
import { parseSettings } from '../../../plugins/render/settings.ts';
import { isAbsoluteWritten, resolveWritten } from '../../../plugins/render/written-path.ts';
import { tellsOfDamage, tellsOfWrongFrame } from '../../../plugins/render/wrong-frame-signs.ts';
import { exrFile } from '../../support/exr-file.ts';
import { camera, datablock, font, image, imageNode, part, scene, smallBlend, strip, usualForm } from '../../support/small-blend.ts';
import type { Decoder } from '../decoder.ts';
import { fileOf } from '../scratch.ts';

function int(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [place, value] of values.entries()) bytes.writeInt32LE(value, place * 4);
  return bytes;
}

const attribute = (name: string, type: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(`${name}\0${type}\0`), int(body.length), body]);

/** One half-float channel, ZIP: sixteen lines a chunk. */
function exr(width: number, height: number): Buffer {
  const header = Buffer.concat([
    int(20_000_630, 2),
    attribute('channels', 'chlist', Buffer.concat([Buffer.from('Y\0'), int(1, 0, 1, 1), Buffer.from('\0')])),
    attribute('compression', 'compression', Buffer.from([3])),
    attribute('dataWindow', 'box2i', int(0, 0, width - 1, height - 1)),
    Buffer.from([0]),
  ]);
  const packed = deflateSync(Buffer.alloc(width * 2 * height));
  const table = Buffer.alloc(8);
  table.writeBigUInt64LE(BigInt(header.length + 8));
  return Buffer.concat([header, table, int(0, packed.length), packed]);
}

function chunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length);
  head.write(type, 4, 'latin1');
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), body])));
  return Buffer.concat([head, body, sum]);
}

function png(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 8, 2, 0, 0, 0]);
  const rows = deflateSync(Buffer.alloc(height * (1 + 3 * width), 3));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

/** Checksums made right again: without that hardly any change is looked at. */
function withChecksums(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (at + 12 + length > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, at + 8 + length)), at + 8 + length);
    at += 12 + length;
  }
  return bytes;
}

const blends = [usualForm, { ...usualForm, pointerBytes: 4 as const, littleEndian: false }, { ...usualForm, large: true, version: 500 }].map((form) =>
  smallBlend([scene(), camera('Eye'), image('wood', '//wood.png'), font('/x.ttf')], form),
);
const [blend = Buffer.alloc(0)] = blends;
/** Simulations, strips, and a sequence with the node that shows it. */
const busyBlend = smallBlend([
  scene(),
  ...strip('image', '//s/', ['a.png', 'b.png']),
  camera('Eye'),
  part('PointCache', 600n, { flag: 1 << 9, path: '//caches' }),
  part('FluidDomainSettings', 601n, { cache_directory: '//fluid', cache_flag: 2 }),
  { ...image('plates', '//p_01.png', { source: 2 }), address: 900n },
  datablock('NTtree', 'bNodeTree', { idname: 'ShaderNodeTree' }),
  ...imageNode(900n, { frames: 5 }),
]);
const readFile = (bytes: Uint8Array): Promise<unknown> => readBlend(fileOf('scene.blend', bytes));
/** zstd's as Blender writes it: many frames, then one that is skipped. */
const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
const packedBlends = [gzipSync(blend), Buffer.concat([zstdCompressSync(blend.subarray(0, 500)), zstdCompressSync(blend.subarray(500)), skipped])];

/** Packed in each way that is read, with colours, a depth and layers. */
const exrs = [0, 1, 3].map((compression) =>
  exrFile({
    width: 6,
    height: 5,
    compression,
    channels: ['A', 'B', 'View.Combined.R', 'Z'].map((name) => ({ name, type: name === 'Z' ? 2 : 1, values: Array.from({ length: 30 }, () => 1) })),
  }),
);

export const renderDecoders: readonly Decoder[] = [
  { kind: 'bytes', name: 'png', samples: [png(4, 3)], run: (bytes) => decodePng(withChecksums(bytes)) },
  { kind: 'bytes', name: 'png-as-it-is', samples: [png(4, 3)], run: (bytes) => decodePng(Buffer.from(bytes)) },
  { kind: 'bytes', name: 'png-look', samples: [png(4, 3)], run: (bytes) => checkPng(withChecksums(bytes)) },
  { kind: 'bytes', name: 'exr', samples: [exr(8, 10)], run: (bytes) => checkExr(Buffer.from(bytes)) },
  { kind: 'bytes', name: 'exr-look', samples: exrs, run: (bytes) => checkExr(Buffer.from(bytes)) },
  { kind: 'bytes', name: 'blend', samples: [...blends, busyBlend], run: readFile },
  { kind: 'bytes', name: 'packed-blends', samples: packedBlends, run: readFile },
  {
    kind: 'value',
    name: 'render-settings',
    samples: [
      {
        sceneFile: '/a.blend',
        frames: '1-10',
        engine: 'cycles',
        resolution: '50%',
        samples: 4,
        format: 'PNG',
        fileName: 'f_##',
        denoise: 'off',
        quality: 'draft',
      },
    ],
    run: (value) => parseSettings((typeof value === 'object' && value !== null ? value : {}) as never),
  },
  {
    kind: 'text',
    name: 'blender-lines',
    samples: ['Fra:3 Mem:1M | Time:00:01 | Scene, View | Rendered 1/4 Tiles, Sample 3/8', 'Warning: file not found', 'Error: Not a blend file'],
    run: (text) => [progressOf(text), tellsOfWrongFrame(text, { '/a': 'b' }), tellsOfDamage(text)],
  },
  {
    kind: 'text',
    name: 'written-paths',
    samples: ['//a/../b.png', 'C:\\x\\y.png', '\\\\a\\b', '/a'],
    run: (text) => [resolveWritten(text, '/blend', '/work'), isAbsoluteWritten(text)],
  },
  { kind: 'text', name: 'render-overrides', samples: ['cycles.samples=64,world.color=0.1,0.2,0.3', 'camera.lens=35'], run: (text) => parseOverrides(text) },
  { kind: 'text', name: 'frame-names', samples: ['frame_####', '##', 'a'], run: (text) => frameNames(text)(-7) },
];
