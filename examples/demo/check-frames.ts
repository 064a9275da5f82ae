import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePng } from '../../plugins/render/png.ts';

/** Decodes every frame in `folder`; throws when one is missing or damaged or their sizes differ. Returns their number. */
export function checkFrames(folder: string, expected: number): number {
  const names = readdirSync(folder).filter((name) => name.endsWith('.png'));
  if (names.length !== expected) throw new Error(`${names.length} frames instead of ${expected} in ${folder}`);
  const sizes = new Set(
    names.map((name) => {
      const image = decodePng(readFileSync(join(folder, name)));
      return `${image.width}x${image.height}`;
    }),
  );
  if (sizes.size !== 1) throw new Error(`frames of different sizes: ${[...sizes].join(', ')}`);
  return names.length;
}
