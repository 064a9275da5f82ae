/** Reads OpenEXR files (single part, scan lines, as Blender writes them): Blender's Python cannot read layered ones back. */
import { bytesOf, type ExrChannel, ExrColours, unpackLines } from './exr-lines.ts';
import type { FrameLook } from './frame-look.ts';

const magic = 20_000_630;
const tiled = 0x200;
const severalParts = 0x1000;
/** Lines of a chunk, by number of the compression; all since OpenEXR 2.2. */
const linesOfChunk = [1, 1, 1, 16, 32, 16, 32, 32, 32, 256] as const;

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface ExrPicture extends Size, FrameLook {
  /** Its lines are packed in a way that is not read here; they are only known to be there. */
  readonly isUnread?: true;
}

interface Cursor {
  offset: number;
}

function name(file: Buffer, cursor: Cursor): string {
  const end = file.indexOf(0, cursor.offset);
  if (end === -1) throw new RangeError('the header has no end');
  const text = file.toString('latin1', cursor.offset, end);
  cursor.offset = end + 1;
  return text;
}

function readAttributes(file: Buffer, cursor: Cursor): Map<string, Buffer> {
  const attributes = new Map<string, Buffer>();
  for (let key = name(file, cursor); key !== ''; key = name(file, cursor)) {
    name(file, cursor);
    const size = file.readInt32LE(cursor.offset);
    cursor.offset += 4;
    if (size < 0 || cursor.offset + size > file.length) throw new RangeError('the file ends inside its header');
    attributes.set(key, file.subarray(cursor.offset, cursor.offset + size));
    cursor.offset += size;
  }
  return attributes;
}

/** The chunk's lines as they are stored. */
function chunkAt(file: Buffer, offset: number, line: number): Buffer {
  if (offset <= 0 || offset + 8 > file.length) throw new RangeError('the file ends before its last lines');
  const size = file.readInt32LE(offset + 4);
  if (file.readInt32LE(offset) !== line || size < 0 || offset + 8 + size > file.length) throw new RangeError(`its lines from ${line} are damaged`);
  return file.subarray(offset + 8, offset + 8 + size);
}

/** A list of name, type (4 bytes), linearity (4), sampling (8), ended by an empty name. */
function channelsIn(list: Buffer): readonly ExrChannel[] {
  const cursor: Cursor = { offset: 0 };
  const channels: ExrChannel[] = [];
  for (let key = name(list, cursor); key !== ''; key = name(list, cursor)) {
    channels.push({ name: key, type: list.readInt32LE(cursor.offset) });
    if (list.readInt32LE(cursor.offset + 8) !== 1 || list.readInt32LE(cursor.offset + 12) !== 1) {
      throw new RangeError('the kind of OpenEXR file is not supported');
    }
    cursor.offset += 16;
  }
  return channels;
}

/** How many of the picture itself: layers and passes have names with dots. */
function colourCount(channels: readonly ExrChannel[]): { readonly channels?: number } {
  const count = channels.filter(({ name: key }) => /^[RGBAY]$/.test(key)).length;
  return count === 0 ? {} : { channels: count };
}

/**
 * Size and look of a picture all of whose lines are there (and unpack, where that is done here). One of another size than is `wanted` is not
 * looked at any further. Throws an Error that says what is wrong.
 */
export function checkExr(file: Buffer, wanted?: Size): ExrPicture {
  if (file.length < 8 || file.readInt32LE(0) !== magic) throw new RangeError('the file does not begin like an OpenEXR file');
  if ((file.readInt32LE(4) & (tiled | severalParts)) !== 0) throw new RangeError('the kind of OpenEXR file is not supported');
  const cursor: Cursor = { offset: 8 };
  const attributes = readAttributes(file, cursor);
  const window = attributes.get('dataWindow');
  const compression = attributes.get('compression')?.[0];
  const lines = compression === undefined ? undefined : linesOfChunk[compression];
  const list = attributes.get('channels');
  if (window?.length !== 16 || compression === undefined || lines === undefined || list === undefined) throw new RangeError('the header is incomplete');
  const top = window.readInt32LE(4);
  const [width, height] = [window.readInt32LE(8) - window.readInt32LE(0) + 1, window.readInt32LE(12) - top + 1];
  if (wanted !== undefined && (width !== wanted.width || height !== wanted.height)) return { width, height };
  if (width < 1 || height < 1) throw new RangeError('the picture has an impossible size');
  const channels = channelsIn(list);
  const rowBytes = width * channels.reduce((sum, channel) => sum + bytesOf(channel), 0);
  const colours = new ExrColours(channels, width);
  let isUnread = false;
  for (let line = 0; line < height; line += lines) {
    const place = cursor.offset + (line / lines) * 8;
    if (place + 8 > file.length) throw new RangeError('the file ends before its lines');
    const plainBytes = rowBytes * Math.min(lines, height - line);
    const plain = unpackLines(chunkAt(file, Number(file.readBigUInt64LE(place)), top + line), compression, plainBytes);
    if (plain === undefined) isUnread = true;
    else colours.take(plain);
  }
  return { width, height, ...colourCount(channels), ...(isUnread ? { isUnread } : colours.look()) };
}
