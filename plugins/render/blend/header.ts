/** The first bytes of a .blend file: `BLENDER-v304` (12 bytes) until Blender 4, `BLENDER17-01v0500` (17 bytes) since Blender 5. */
import type { ByteReader } from './byte-reader.ts';

export interface BlendHeader {
  readonly pointerBytes: 4 | 8;
  readonly littleEndian: boolean;
  /** As Blender counts: 279 is 2.79, 304 is 3.4, 500 is 5.0. */
  readonly version: number;
  /** Blender 5 writes block heads with 64-bit lengths. */
  readonly largeBlocks: boolean;
}

const magic = 'BLENDER';

/** `undefined` when the bytes are no .blend header. */
export async function readHeader(reader: ByteReader): Promise<BlendHeader | undefined> {
  const start = (await reader.take(12)).toString('latin1');
  if (!start.startsWith(magic)) return undefined;
  const classic = /^([-_])([vV])(\d{3})$/.exec(start.slice(magic.length));
  if (classic !== null) {
    return { pointerBytes: classic[1] === '_' ? 4 : 8, littleEndian: classic[2] === 'v', version: Number(classic[3]), largeBlocks: false };
  }
  const sized = /^(\d\d)[-_]\d\d$/.exec(start.slice(magic.length));
  if (sized === null) return undefined;
  const rest = (await reader.take(Math.max(0, Number(sized[1]) - 12))).toString('latin1');
  const modern = /^([vV])(\d{4})/.exec(rest);
  if (modern === null) return undefined;
  return { pointerBytes: 8, littleEndian: modern[1] === 'v', version: Number(modern[2]), largeBlocks: true };
}

/** `2.79`, `3.4`, `5.0`: the number of the Blender that saved the file. */
export function versionText(version: number): string {
  const major = Math.floor(version / 100);
  const minor = version % 100;
  return major < 3 ? `${major}.${String(minor).padStart(2, '0')}` : `${major}.${minor}`;
}
