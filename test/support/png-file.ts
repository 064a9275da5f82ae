/** Writes PNG files: rows with the filter "left", as encoders like it. */
import { crc32, deflateSync } from 'node:zlib';

export interface PngSource {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bitDepth?: 8 | 16;
  readonly pixels: Uint8Array;
}

const colourOfChannels = [0, 0, 4, 2, 6];

function chunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length);
  head.write(type, 4, 'latin1');
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), body])));
  return Buffer.concat([head, body, sum]);
}

export function pngFile({ width, height, channels, bitDepth = 8, pixels }: PngSource): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bitDepth;
  header[9] = colourOfChannels[channels] ?? 0;
  const sample = (channels * bitDepth) / 8;
  const rows = Array.from({ length: height }, (_, row) => {
    const plain = pixels.subarray(row * width * sample, (row + 1) * width * sample);
    return Buffer.concat([Buffer.from([1]), Buffer.from(plain.map((value, place) => value - (plain[place - sample] ?? 0)))]);
  });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]);
}
