/** Walks the datablocks of a .blend file (scenes, images, libraries ...), keeping only what was asked for. */
import { stat } from 'node:fs/promises';
import { type Block, readBlocks } from './blocks.ts';
import { TruncatedError } from './byte-reader.ts';
import { type Catalogue, parseCatalogue } from './catalogue.ts';
import { type BlendHeader, readHeader } from './header.ts';
import { openBlend } from './open-blend.ts';
import type { BlendRecord } from './record.ts';
import { notAScene } from './refusal.ts';

export interface Datablock {
  /** `SC`, `IM`, `LI` ...; `GLOB` for the file's own settings; `ID` for something that lies in the library before it. */
  readonly code: string;
  readonly address: bigint;
  readonly record: BlendRecord;
  /** What belongs to the datablock and was asked for, by address. */
  readonly parts: ReadonlyMap<bigint, BlendRecord>;
}

export interface Wanted {
  /** Codes of datablocks to give. */
  readonly codes: ReadonlySet<string>;
  /** Names of structs to keep as parts. */
  readonly structs: ReadonlySet<string>;
}

export interface OpenedBlend {
  readonly header: BlendHeader;
  readonly catalogue: Catalogue;
  datablocks(wanted: Wanted): AsyncGenerator<Datablock>;
}

const catalogueLimit = 16 * 1024 * 1024;
const recordLimit = 16 * 1024 * 1024;
const partsLimit = 128 * 1024 * 1024;
/** What it costs to keep a part, however small. */
const partBytes = 256;

type Visit<T> = (blocks: AsyncGenerator<Block>, header: BlendHeader) => AsyncGenerator<T>;

/** Opens, walks and closes the file; whatever is wrong with its bytes becomes `not-a-scene`. */
async function* walk<T>(path: string, visit: Visit<T>): AsyncGenerator<T> {
  const reader = await openBlend(path);
  try {
    const header = await readHeader(reader);
    if (header === undefined) throw notAScene(path, 'is not a Blender scene');
    yield* visit(readBlocks(reader, header), header);
  } catch (error) {
    if (error instanceof TruncatedError) throw notAScene(path, (await isEmpty(path)) ? 'is empty' : 'ends early: the file is not complete', error);
    // Node's own word for a number that leads out of the bytes.
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE') throw notAScene(path, 'is damaged', error);
    if (error instanceof RangeError) throw notAScene(path, error.message, error);
    if (error instanceof Error && 'code' in error && /^(Z_|ERR_|ZSTD_)/.test(String(error.code))) throw notAScene(path, 'is compressed, and damaged', error);
    throw error;
  } finally {
    await reader.close();
  }
}

async function isEmpty(path: string): Promise<boolean> {
  return (await stat(path)).size === 0;
}

async function* catalogues(blocks: AsyncGenerator<Block>, header: BlendHeader): AsyncGenerator<{ header: BlendHeader; catalogue: Catalogue }> {
  for await (const block of blocks) {
    if (block.code !== 'DNA1') continue;
    if (block.bytes > catalogueLimit) throw new RangeError('has a catalogue of structs that is too large');
    yield { header, catalogue: parseCatalogue(await block.contents(), header.littleEndian, header.pointerBytes) };
    return;
  }
  throw new RangeError('ends early: it has no catalogue of structs');
}

async function* grouped(blocks: AsyncGenerator<Block>, header: BlendHeader, catalogue: Catalogue, wanted: Wanted): AsyncGenerator<Datablock> {
  let current: (Datablock & { readonly parts: Map<bigint, BlendRecord> }) | undefined;
  let kept = 0;
  for await (const block of blocks) {
    const struct = catalogue.structs[block.struct];
    if (block.code !== 'DATA' && current !== undefined) {
      yield current;
      current = undefined;
    }
    const isWanted = block.code === 'DATA' ? current !== undefined && wanted.structs.has(struct?.name ?? '') : wanted.codes.has(block.code);
    if (!isWanted || struct === undefined || block.bytes > recordLimit) continue;
    const record: BlendRecord = { header, catalogue, struct, bytes: await block.contents(), start: 0 };
    if (block.code !== 'DATA') {
      current = { code: block.code, address: block.address, record, parts: new Map() };
      kept = 0;
    } else {
      kept += block.bytes + partBytes;
      if (kept > partsLimit) throw new RangeError('has a datablock with more parts than can be read');
      current?.parts.set(block.address, record);
    }
  }
  if (current !== undefined) yield current;
}

/** Reads header and catalogue. Throws `not-a-scene` for what is empty, no .blend file, truncated or damaged. */
export async function openScene(path: string): Promise<OpenedBlend> {
  for await (const { header, catalogue } of walk(path, catalogues)) {
    return { header, catalogue, datablocks: (wanted) => walk(path, (blocks) => grouped(blocks, header, catalogue, wanted)) };
  }
  throw notAScene(path, 'has no catalogue of structs');
}
