/** A plain Blender, without supervm, as the truth that frames are compared with. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePng } from '../../plugins/render/png.ts';
import { execute } from './lab.ts';

export interface ReferenceOptions {
  readonly first: number;
  readonly last: number;
  readonly percentage: number;
  readonly samples: number;
}

/** Runs `blender -b scene ... -a` into `folder`. */
export async function renderPlainly(scene: string, folder: string, options: ReferenceOptions): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const settings = [
    'import bpy',
    's = bpy.context.scene',
    `s.render.resolution_percentage = ${options.percentage}`,
    `s.cycles.samples = ${options.samples}`,
    "s.render.image_settings.file_format = 'PNG'",
  ].join('\n');
  const range = ['-s', `${options.first}`, '-e', `${options.last}`];
  await execute('blender', ['-b', '--factory-startup', '--disable-autoexec', scene, '--python-expr', settings, '-o', join(folder, '####'), ...range, '-a']);
}

/** Decoded pixels of every PNG in a folder, in the order of their names. */
export function pixelsOf(folder: string): readonly { readonly name: string; readonly width: number; readonly height: number; readonly pixels: Uint8Array }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.png'))
    .toSorted()
    .map((name) => ({ name, ...decodePng(readFileSync(join(folder, name))) }));
}
