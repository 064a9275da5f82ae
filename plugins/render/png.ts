/** Reads PNG files completely, so that a damaged or truncated frame cannot pass for one. */
import { crc32 } from 'node:zlib';
import type { FrameLook } from './frame-look.ts';
import { inflateWithin } from './inflate-within.ts';

export interface PngPicture {
  readonly width: number;
  readonly height: number;
  /** 8 or 16 bits a channel (less for palettes); 16-bit samples are big-endian. */
  readonly bitDepth: number;
  readonly channels: number;
  /** Row by row from the top, without padding between rows. */
  readonly pixels: Uint8Array;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly channels: number;
  /** Samples are places in a list of colours. */
  readonly isPalette: boolean;
  readonly rowBytes: number;
  /** Distance in bytes to the sample left of one, as filters count. */
  readonly sampleBytes: number;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const channelsOfColour = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);
/** No picture that Blender writes is larger. */
const pixelLimit = 1 << 30;

function* chunks(file: Buffer): Generator<{ type: string; body: Buffer }> {
  let offset = signature.length;
  while (offset < file.length) {
    if (offset + 12 > file.length) throw new RangeError('the file ends inside a chunk');
    const length = file.readUInt32BE(offset);
    const end = offset + 12 + length;
    if (end > file.length) throw new RangeError('the file ends inside a chunk');
    const checked = file.subarray(offset + 4, end - 4);
    if (crc32(checked) !== file.readUInt32BE(end - 4)) throw new RangeError('a chunk has a wrong checksum');
    yield { type: checked.toString('latin1', 0, 4), body: checked.subarray(4) };
    offset = end;
  }
}

function layoutOf(header: Buffer): Layout {
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const bitDepth = header.readUInt8(8);
  const channels = channelsOfColour.get(header.readUInt8(9));
  if (channels === undefined || header.readUInt8(12) !== 0) throw new RangeError('the kind of picture is not supported');
  if (width === 0 || height === 0 || width * height > pixelLimit) throw new RangeError('the picture has an impossible size');
  const bits = bitDepth * channels;
  const isPalette = header.readUInt8(9) === 3;
  return { width, height, bitDepth, channels, isPalette, rowBytes: Math.ceil((width * bits) / 8), sampleBytes: Math.max(1, bits >> 3) };
}

/** Filtered rows, each after its filter's number. */
function inflateRows(parts: readonly Buffer[], layout: Layout): Buffer {
  const expected = (layout.rowBytes + 1) * layout.height;
  const rows = inflateWithin(Buffer.concat(parts), expected + 1);
  if (rows.length !== expected) throw new RangeError('the picture has too few or too many rows');
  for (let row = 0; row < layout.height; row += 1) {
    if ((rows[row * (layout.rowBytes + 1)] as number) > 4) throw new RangeError('a row has an unknown filter');
  }
  return rows;
}

function readChunks(file: Buffer): { layout: Layout; data: readonly Buffer[] } {
  if (!file.subarray(0, signature.length).equals(signature)) throw new RangeError('the file does not begin like a PNG');
  let layout: Layout | undefined;
  let ended = false;
  const data: Buffer[] = [];
  for (const { type, body } of chunks(file)) {
    if (type === 'IHDR') layout = layoutOf(body);
    else if (type === 'IDAT') data.push(body);
    else if (type === 'IEND') ended = true;
  }
  if (layout === undefined || !ended) throw new RangeError('the file has no beginning or no end');
  return { layout, data };
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const toLeft = Math.abs(guess - left);
  const toUp = Math.abs(guess - up);
  const toCorner = Math.abs(guess - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    default:
      return paeth(left, up, corner);
  }
}

/** One row without its filter; `above` is the row before, zeros before the first. */
function unfilterRow(rows: Buffer, row: number, { rowBytes, sampleBytes }: Layout, above: Uint8Array, plain: Uint8Array): void {
  const source = row * (rowBytes + 1);
  const filter = rows[source] as number;
  for (let place = 0; place < rowBytes; place += 1) {
    const left = place < sampleBytes ? 0 : (plain[place - sampleBytes] as number);
    const corner = place < sampleBytes ? 0 : (above[place - sampleBytes] as number);
    plain[place] = (rows[source + 1 + place] as number) + predicted(filter, left, above[place] as number, corner);
  }
}

function unfilter(rows: Buffer, layout: Layout): Uint8Array {
  const { height, rowBytes } = layout;
  const pixels = new Uint8Array(rowBytes * height);
  let above = new Uint8Array(rowBytes);
  for (let row = 0; row < height; row += 1) {
    const plain = pixels.subarray(row * rowBytes, (row + 1) * rowBytes);
    unfilterRow(rows, row, layout, above, plain);
    above = plain;
  }
  return pixels;
}

/** Of 8 bits: Blender's dithering makes 1 or 2 of 0, and nobody sees it. */
const darkest = 2;

/** Most pictures show in their first row that they are not empty. */
function emptinessOf(rows: Buffer, layout: Layout): Pick<FrameLook, 'emptiness'> {
  const { height, rowBytes, sampleBytes, bitDepth, channels, isPalette } = layout;
  if (isPalette || bitDepth < 8) return {};
  // Of 16 bits the first 8 tell.
  const valueBytes = bitDepth / 8;
  const colourBytes = channels % 2 === 0 ? sampleBytes - sampleBytes / channels : sampleBytes;
  let isTransparent = colourBytes < sampleBytes;
  let [above, plain] = [new Uint8Array(rowBytes), new Uint8Array(rowBytes)];
  for (let row = 0; row < height; row += 1) {
    unfilterRow(rows, row, layout, above, plain);
    for (let place = 0; place < rowBytes; place += 1) {
      if (plain[place] === 0) continue;
      if (place % sampleBytes >= colourBytes) isTransparent = false;
      else if (place % valueBytes === 0 && (plain[place] as number) > darkest) return {};
    }
    [above, plain] = [plain, above];
  }
  return { emptiness: isTransparent ? 'transparent' : 'black' };
}

/**
 * Size and look of a picture whose every byte has been checked. One of another size than is `wanted` is not unpacked: it may say it is as large as it
 * likes. Throws an Error that says what is wrong with the file.
 */
export function checkPng(file: Buffer, wanted?: Size): Size & FrameLook {
  const { layout, data } = readChunks(file);
  const { width, height } = layout;
  if (wanted !== undefined && (width !== wanted.width || height !== wanted.height)) return { width, height };
  return { width, height, ...(layout.isPalette ? {} : { channels: layout.channels }), ...emptinessOf(inflateRows(data, layout), layout) };
}

/** The decoded picture. Throws an Error that says what is wrong with the file. */
export function decodePng(file: Buffer): PngPicture {
  const { layout, data } = readChunks(file);
  const rows = inflateRows(data, layout);
  const { width, height, bitDepth, channels } = layout;
  return { width, height, bitDepth, channels, pixels: unfilter(rows, layout) };
}
