/**
 * Bodies: empty for undefined; else one byte, 0 for JSON alone, or 1 for u32 length, JSON, and the raw bytes of the
 * top-level member `bytes`. Undefined members vanish as in all JSON; numbers that JSON cannot carry are refused.
 */
const plain = 0;
const withBytes = 1;
const prefixBytes = 5;

const nothing = new Uint8Array(0);
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Throws TypeError on what JSON cannot carry: NaN, infinities, bigint, functions. */
export function encodeBody(body: unknown): Uint8Array {
  if (body === undefined) return nothing;
  const raw = rawBytes(body);
  if (raw === undefined) return Buffer.from(`\0${stringify(body)}`);
  const { bytes: _, ...rest } = body as Record<string, unknown>;
  const text = Buffer.from(stringify(rest));
  const encoded = new Uint8Array(prefixBytes + text.length + raw.length);
  encoded[0] = withBytes;
  new DataView(encoded.buffer).setUint32(1, text.length);
  encoded.set(text, prefixBytes);
  encoded.set(raw, prefixBytes + text.length);
  return encoded;
}

/** Throws on anything `encodeBody` does not make. The result shares nothing with `encoded`. */
export function decodeBody(encoded: Uint8Array): unknown {
  if (encoded.length === 0) return undefined;
  if (encoded[0] === plain) return JSON.parse(decoder.decode(encoded.subarray(1)));
  if (encoded[0] !== withBytes || encoded.length < prefixBytes) throw new TypeError('a body of an unknown kind');
  const end = prefixBytes + new DataView(encoded.buffer, encoded.byteOffset).getUint32(1);
  if (end > encoded.length) throw new RangeError('a body shorter than it says');
  const body: unknown = JSON.parse(decoder.decode(encoded.subarray(prefixBytes, end)));
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new TypeError('raw bytes without an object');
  return { ...body, bytes: new Uint8Array(encoded.subarray(end)) };
}

function rawBytes(body: unknown): Uint8Array | undefined {
  if (typeof body !== 'object' || body === null || !('bytes' in body)) return undefined;
  return body.bytes instanceof Uint8Array ? body.bytes : undefined;
}

function stringify(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('a body must be a value that JSON can carry');
  // NaN and infinities become null: only a text with a null needs the slow look.
  if (text.includes('null')) refuseNonFinite(value);
  return text;
}

function refuseNonFinite(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} cannot be sent`);
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) refuseNonFinite(member);
}
