/**
 * Canonical CBOR (RFC 8949, 4.2.1) of JSON values, as cborg writes it but without its tokens: records are hashed all the time. Numbers
 * with a fraction and other rare values are left to cborg.
 */
import { encode, rfc8949EncodeOptions } from 'cborg';

const majors = { unsigned: 0x00, negative: 0x20, text: 0x60, array: 0x80, map: 0xa0 } as const;
const literals = { false: 0xf4, true: 0xf5, null: 0xf6 } as const;
/** Longer texts are encoded elsewhere and copied. */
const shortText = 64;

/** Grows as needed and is used again: whatever is hashed is hashed at once. */
let buffer = Buffer.allocUnsafe(64 * 1024);
let end = 0;

/** The bytes are valid until the next call. Throws TypeError where `value` contains something that JSON does not have. */
export function canonicalBytes(value: unknown): Uint8Array {
  end = 0;
  write(value);
  return buffer.subarray(0, end);
}

function write(value: unknown): void {
  switch (typeof value) {
    case 'string':
      writeText(value);
      return;
    case 'number':
      writeNumber(value);
      return;
    case 'boolean':
      writeByte(value ? literals.true : literals.false);
      return;
    case 'object':
      if (value === null) writeByte(literals.null);
      else if (Array.isArray(value)) writeArray(value);
      else writeMap(value as { readonly [key: string]: unknown });
      return;
    default:
      // JSON would drop the key on the way to a peer, who would then compute another digest.
      throw new TypeError(`${typeof value} has no canonical form: leave the key out`);
  }
}

function writeNumber(value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) copy(encode(value, rfc8949EncodeOptions));
  else if (value >= 0) writeHead(majors.unsigned, value);
  else writeHead(majors.negative, -1 - value);
}

function writeText(value: string): void {
  // Most texts are short and plain: their length is known once they are written.
  if (value.length < shortText) {
    reserve(2 + value.length);
    const from = end + (value.length < 24 ? 1 : 2);
    let codes = 0;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      codes |= code;
      buffer[from + index] = code;
    }
    if (codes < 0x80) {
      writeHead(majors.text, value.length);
      end = from + value.length;
      return;
    }
  }
  if (!value.isWellFormed()) {
    copy(encode(value, rfc8949EncodeOptions));
    return;
  }
  const length = Buffer.byteLength(value);
  writeHead(majors.text, length);
  reserve(length);
  end += buffer.write(value, end);
}

function writeArray(values: readonly unknown[]): void {
  writeHead(majors.array, values.length);
  for (const value of values) write(value);
}

function writeMap(map: { readonly [key: string]: unknown }): void {
  if (Object.getPrototypeOf(map) !== Object.prototype && Object.getPrototypeOf(map) !== null) {
    copy(encode(map, rfc8949EncodeOptions));
    return;
  }
  const keys = Object.keys(map);
  keys.sort(keys.every(isPlain) ? comparePlain : compareEncoded);
  writeHead(majors.map, keys.length);
  for (const key of keys) {
    writeText(key);
    write(map[key]);
  }
}

/** Keys are ordered by their encoded bytes: the shorter one first, as its length is encoded first. */
function compareEncoded(a: string, b: string): number {
  return Buffer.compare(encode(a, rfc8949EncodeOptions), encode(b, rfc8949EncodeOptions));
}

function comparePlain(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) >= 0x80) return false;
  return true;
}

function writeHead(major: number, value: number): void {
  reserve(9);
  if (value < 24) writeByte(major | value);
  else if (value < 0x100) {
    writeByte(major | 24);
    writeByte(value);
  } else if (value < 0x1_0000) {
    writeByte(major | 25);
    end = buffer.writeUInt16BE(value, end);
  } else if (value < 0x1_0000_0000) {
    writeByte(major | 26);
    end = buffer.writeUInt32BE(value, end);
  } else {
    writeByte(major | 27);
    end = buffer.writeBigUInt64BE(BigInt(value), end);
  }
}

function writeByte(byte: number): void {
  reserve(1);
  buffer[end] = byte;
  end += 1;
}

function copy(bytes: Uint8Array): void {
  reserve(bytes.length);
  buffer.set(bytes, end);
  end += bytes.length;
}

function reserve(bytes: number): void {
  if (end + bytes <= buffer.length) return;
  const larger = Buffer.allocUnsafe(2 * (end + bytes));
  buffer.copy(larger, 0, 0, end);
  buffer = larger;
}
