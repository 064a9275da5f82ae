import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyFrame } from '../../../plugins/render/verify-frame.ts';
import { exrFile } from '../../support/exr-file.ts';
import { pngFile } from '../../support/png-file.ts';

const size = { width: 4, height: 3 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-verify-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const noBlender = () => Promise.reject(new Error('Blender was asked'));
const blender = async () => ({ ...size, channels: 3, emptiness: 'black' as const, notFinite: ['its colours'] });

function verified(format: string, file: Uint8Array, readBack: Parameters<typeof verifyFrame>[2], channels?: number): Promise<readonly string[]> {
  const path = join(folder, 'frame');
  writeFileSync(path, file);
  return verifyFrame({ format, ...size }, { folder, name: 'f', path, channels }, readBack);
}

/** Packed by PIZ, which only Blender unpacks. */
const piz = exrFile({ ...size, compression: 4, channels: [{ name: 'R', type: 1, values: [] }] });
const png = (channels: number) => pngFile({ ...size, channels, pixels: Buffer.alloc(12 * channels, 7) });

describe('a frame', () => {
  it('that lacks channels counts, with a warning', async () => {
    expect(await verified('PNG', png(3), noBlender, 4)).toEqual(['f has 3 channels (RGB) instead of 4 channels (RGBA)']);
    expect(await verified('PNG', png(4), noBlender, 4)).toEqual([]);
    expect(await verified('PNG', png(3), noBlender)).toEqual([]);
  });

  it('of another format is what Blender says of it', async () => {
    const warnings = await verified('JPEG', Buffer.from('x'), blender, 1);
    expect(warnings).toEqual([expect.stringContaining('black'), expect.stringContaining('no number'), 'f has 3 channels (RGB) instead of 1 channel (grey)']);
    await expect(verified('JPEG', Buffer.from('x'), noBlender)).rejects.toMatchObject({ failure: { code: 'output-invalid' } });
  });

  it('whose lines only Blender unpacks is read by Blender, but for layers, which it cannot read', async () => {
    expect(await verified('OPEN_EXR', piz, blender, 3)).toHaveLength(2);
    await expect(verified('OPEN_EXR', piz, noBlender)).rejects.toMatchObject({ failure: { code: 'output-invalid', retry: true } });
    expect(await verified('OPEN_EXR_MULTILAYER', piz, noBlender)).toEqual([]);
  });

  it('of another size does not count', async () => {
    await expect(verified('JPEG', Buffer.from('x'), async () => ({ width: 5, height: 3 }))).rejects.toMatchObject({
      failure: { message: 'f: it has 5x3 pixels instead of 4x3.' },
    });
  });
});
