/** Lines of OpenEXR files: unpacks them and looks at their colours. */
import type { FrameLook } from './frame-look.ts';
import { inflateWithin } from './inflate-within.ts';

export interface ExrChannel {
  /** `R`, or with layer and pass before it: `ViewLayer.Combined.R`. */
  readonly name: string;
  /** 0 whole numbers, 1 half floats, 2 floats. */
  readonly type: number;
}

export function bytesOf({ type }: ExrChannel): number {
  return type === 1 ? 2 : 4;
}

/** Bytes follow each other by their differences, those of even places first. */
function restored(differences: Buffer): Buffer {
  for (let place = 1; place < differences.length; place += 1) {
    differences[place] = ((differences[place - 1] as number) + (differences[place] as number) - 128) & 0xff;
  }
  const plain = Buffer.allocUnsafe(differences.length);
  const half = (differences.length + 1) >> 1;
  for (let place = 0; place < half; place += 1) plain[2 * place] = differences[place] as number;
  for (let place = half; place < differences.length; place += 1) plain[2 * (place - half) + 1] = differences[place] as number;
  return plain;
}

/** Runs: a count below 0 of bytes as they are, or one byte and how often it comes again. */
function withoutRuns(packed: Buffer, plainBytes: number): Buffer {
  const plain = Buffer.alloc(Math.min(plainBytes, packed.length * 128));
  let filled = 0;
  for (let place = 0; place < packed.length; ) {
    const count = packed.readInt8(place);
    const length = count < 0 ? -count : count + 1;
    if (filled + length > plain.length || place + (count < 0 ? length : 1) >= packed.length) throw new RangeError('its lines are damaged');
    if (count < 0) packed.copy(plain, filled, place + 1, place + 1 + length);
    else plain.fill(packed[place + 1] as number, filled, filled + length);
    filled += length;
    place += count < 0 ? 1 + length : 2;
  }
  return plain.subarray(0, filled);
}

/** The bytes of some lines; `undefined` where they are packed in a way that is not read here (PIZ, PXR24, B44, DWA). Throws a RangeError. */
export function unpackLines(packed: Buffer, compression: number, plainBytes: number): Buffer | undefined {
  // What does not shrink is stored as it is.
  if (packed.length === plainBytes) return packed;
  if (compression > 3) return undefined;
  if (compression === 0 || packed.length > plainBytes) throw new RangeError('its lines are damaged');
  const differences = compression === 1 ? withoutRuns(packed, plainBytes) : inflateWithin(packed, plainBytes);
  if (differences.length !== plainBytes) throw new RangeError('its lines are damaged');
  return restored(differences);
}

/** A value at `place` is NaN or infinite: all bits of its exponent are set. */
function isNoNumber(bytes: Buffer, place: number, isHalf: boolean): boolean {
  if (isHalf) return ((bytes[place + 1] as number) & 0x7c) === 0x7c;
  return ((bytes[place + 3] as number) & 0x7f) === 0x7f && ((bytes[place + 2] as number) & 0x80) === 0x80;
}

/** 0, or 0 with a sign. */
function isZero(bytes: Buffer, place: number, isHalf: boolean): boolean {
  if (isHalf) return bytes[place] === 0 && ((bytes[place + 1] as number) & 0x7f) === 0;
  return bytes[place] === 0 && bytes[place + 1] === 0 && bytes[place + 2] === 0 && ((bytes[place + 3] as number) & 0x7f) === 0;
}

interface Seen {
  readonly channel: ExrChannel;
  readonly isColour: boolean;
  hasValue: boolean;
  hasNoNumber: boolean;
}

/** Gathers what the colours of a picture are like, some lines at a time. */
export class ExrColours {
  readonly #channels: readonly Seen[];
  readonly #width: number;

  constructor(channels: readonly ExrChannel[], width: number) {
    // Depths and vectors may be infinite.
    this.#channels = channels.map((channel) => ({
      channel,
      isColour: channel.type !== 0 && /(?:^|\.)[RGBAY]$/.test(channel.name),
      hasValue: false,
      hasNoNumber: false,
    }));
    this.#width = width;
  }

  /** `lines`: whole ones, each with all values of one channel after the other. */
  take(lines: Buffer): void {
    for (let place = 0; place < lines.length; ) {
      for (const seen of this.#channels) {
        const bytes = bytesOf(seen.channel);
        const end = place + this.#width * bytes;
        if (seen.isColour) look(seen, lines, place, end, bytes);
        place = end;
      }
    }
  }

  /** Of what was taken. */
  look(): FrameLook {
    const pictures = this.#channels.filter(({ channel, isColour }) => isColour && (!channel.name.includes('.') || channel.name.includes('Combined.')));
    const alphas = pictures.filter(({ channel }) => channel.name.endsWith('A'));
    const colours = pictures.filter((seen) => !alphas.includes(seen));
    const isEmpty = colours.length > 0 && colours.every(({ hasValue, hasNoNumber }) => !hasValue && !hasNoNumber);
    const isTransparent = alphas.length > 0 && alphas.every(({ hasValue }) => !hasValue);
    const notFinite = this.#channels.filter(({ hasNoNumber }) => hasNoNumber).map(({ channel }) => channel.name);
    return { ...(isEmpty ? { emptiness: isTransparent ? ('transparent' as const) : ('black' as const) } : {}), notFinite };
  }
}

function look(seen: Seen, lines: Buffer, start: number, end: number, bytes: number): void {
  const isHalf = bytes === 2;
  for (let place = start; place < end; place += bytes) {
    if (!seen.hasNoNumber && isNoNumber(lines, place, isHalf)) seen.hasNoNumber = true;
    if (!seen.hasValue && !isZero(lines, place, isHalf)) seen.hasValue = true;
  }
}
