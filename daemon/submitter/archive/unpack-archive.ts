/**
 * Unpacks a tar archive (plain, gzip or zstd) that somebody else made. The package only parses; what is taken is decided here: regular files and
 * folders, each under a name that every machine can have, within limits. All or nothing.
 */
import { mkdir, rm } from 'node:fs/promises';
import { type Extract, extract } from 'tar-stream';
import { SupervmError } from '../../../src/model/errors.ts';
import { errnoOf } from '../disk-errors.ts';
import { type EntryLimits, EntryWriter } from './entry-writer.ts';
import { type ExpansionLimits, plainBytes } from './plain-bytes.ts';

export type ArchiveLimits = EntryLimits & ExpansionLimits;

export const usualLimits: ArchiveLimits = { entries: 100_000, bytes: 2 ** 38, ratio: 200, unsuspected: 2 ** 30 };

/** Bytes that may go by in which the parser finds neither an entry nor a piece of one. */
const longestSilence = 4 * 1024 * 1024;

/** `folder` must not exist; it is there with everything in it when resolved. Rejects `archive-refused` naming the entry and the cause, `disk-full`; nothing is left then. */
export async function unpackArchive(archive: string, folder: string, signal: AbortSignal, limits = usualLimits): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  try {
    await unpack(archive, folder, limits, signal);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    signal.throwIfAborted();
    throw explained(error, archive);
  }
}

async function unpack(archive: string, folder: string, limits: ArchiveLimits, signal: AbortSignal): Promise<void> {
  const parser = extract();
  const silence = { bytes: 0 };
  const feeding = feed(plainBytes(archive, limits), parser, silence, signal);
  const writer = new EntryWriter(folder, limits);
  const moved = (): void => {
    silence.bytes = 0;
  };
  try {
    for await (const entry of parser) {
      moved();
      await writer.take({ header: entry.header, [Symbol.asyncIterator]: () => noting(entry, moved) });
    }
  } catch (error) {
    throw (await feeding) ?? error;
  }
  const fault = await feeding;
  if (fault !== undefined) throw fault;
  if (writer.files === 0) throw new RangeError('it holds no files');
}

async function* noting(pieces: AsyncIterable<unknown>, moved: () => void): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces as AsyncIterable<Uint8Array>) {
    moved();
    yield piece;
  }
}

/** Gives the parser what there is as fast as it takes it. Never rejects: resolves with what went wrong, which the parser may tell as something else. */
async function feed(pieces: AsyncIterable<Uint8Array>, parser: Extract, silence: { bytes: number }, signal: AbortSignal): Promise<unknown> {
  try {
    for await (const piece of pieces) {
      signal.throwIfAborted();
      silence.bytes += piece.length;
      if (silence.bytes > longestSilence) throw new RangeError('it has a header that does not end');
      if (!parser.write(piece)) await drained(parser);
      if (parser.destroyed) return undefined;
    }
    parser.end(null);
    return undefined;
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)));
    return error;
  }
}

function drained(parser: Extract): Promise<void> {
  return new Promise<void>((resolve) => {
    if (parser.destroyed) return resolve();
    const go = (): void => {
      for (const event of ['drain', 'close'] as const) parser.off(event, go);
      resolve();
    };
    for (const event of ['drain', 'close'] as const) parser.on(event, go);
  });
}

/** RangeErrors without a code are this folder's own words; other errors without one the parser's, about damaged bytes, as are the decompressors'. */
function explained(error: unknown, archive: string): unknown {
  if (error instanceof SupervmError) return error;
  const code = errnoOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SupervmError('disk-full', `No room is left to unpack ${archive}.`, 'Free some space.', { cause: error });
  if (code !== undefined && !/^(?:Z_|ZSTD_|ERR_|STREAM_)/.test(code)) return error;
  const why = error instanceof RangeError && code === undefined ? error.message : 'it is damaged, not complete, or no tar archive';
  return new SupervmError(
    'archive-refused',
    `${archive} is not accepted: ${why}.`,
    'Nothing of it was kept. Archives hold plain files and folders; made so: tar -czf project.tar.gz FOLDER',
    { cause: error },
  );
}
