/** Inputs for decoders: what they accept, changed a little by bytes or by fields; what was interesting once; and noise. */
import * as fc from 'fast-check';
import { corpusOf } from './corpus.ts';
import type { Decoder } from './decoder.ts';

const interestingNumbers = [0, -0, 1, -1, 0.5, 255, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 48, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e308, -1e308, 5e-324];
const interestingTexts = [
  ...['', '\0', '..', '/', '../../etc/passwd', '__proto__', 'constructor', 'toString', '\u202e\u2066evil', '\ud800', '\u001b[2J', '￿', 'NaN', '1e999', '-'],
  ...['a'.repeat(129), 'f'.repeat(64), '9'.repeat(400), 'é'.repeat(300), '[['.repeat(50), '{'.repeat(100)],
];
const interestingBytes = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x20, 0x2f];
/** Nested deeper than any schema of ours; the harness itself must still be able to show it. */
const deepest = 100;

const anyByte = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...interestingBytes) }, fc.integer({ min: 0, max: 255 }));
/** Of whole numbers: fast-check's own fractions take as long as all the rest of an input. */
const fraction = fc.integer({ min: 0, max: 2 ** 20 - 1 }).map((part) => part / 2 ** 20);
/** No frame and no request carries more. */
const mostBytes = 512 * 1024;
const times = fc.oneof({ weight: 40, arbitrary: fc.constantFrom(1, 2, 50) }, fc.constant(20_000));

const byteEdit = fc.oneof(
  fc.record({ at: fraction, set: anyByte }),
  fc.record({ at: fraction, flip: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ at: fraction, insert: fc.uint8Array({ maxLength: 16 }) }),
  fc.record({ at: fraction, remove: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ at: fraction, repeat: fc.integer({ min: 1, max: 64 }), times }),
  fc.record({ at: fraction, number: fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0001_0000), little: fc.boolean() }),
  fc.record({ cut: fraction }),
);
type ByteEdit = typeof byteEdit extends fc.Arbitrary<infer T> ? T : never;

function editBytes(bytes: Uint8Array, edits: readonly ByteEdit[]): Uint8Array {
  let edited = Buffer.from(bytes);
  for (const edit of edits) {
    if ('cut' in edit) {
      edited = edited.subarray(0, Math.floor(edit.cut * edited.length));
      continue;
    }
    const at = Math.floor(edit.at * (edited.length + 1));
    if ('set' in edit && at < edited.length) edited[at] = edit.set;
    else if ('flip' in edit && at < edited.length) edited[at] = (edited[at] as number) ^ (1 << edit.flip);
    else if ('insert' in edit) edited = Buffer.concat([edited.subarray(0, at), edit.insert, edited.subarray(at)]);
    else if ('remove' in edit) edited = Buffer.concat([edited.subarray(0, at), edited.subarray(at + edit.remove)]);
    else if ('repeat' in edit)
      edited = Buffer.concat([
        edited.subarray(0, at),
        repeated(edited.subarray(at, at + edit.repeat), edit.times, mostBytes - edited.length),
        edited.subarray(at),
      ]);
    else if ('number' in edit && at + 4 <= edited.length) edited[edit.little ? 'writeUInt32LE' : 'writeUInt32BE'](edit.number, at);
  }
  return edited;
}

function repeated(piece: Buffer, times: number, room: number): Buffer {
  return piece.length === 0 ? piece : Buffer.alloc(Math.max(0, Math.min(piece.length * times, room)), piece);
}

const strange: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>(...interestingNumbers) },
  { weight: 6, arbitrary: fc.constantFrom<unknown>(...interestingTexts) },
  { weight: 4, arbitrary: fc.constantFrom<unknown>(null, true, false, undefined) },
  { weight: 3, arbitrary: fc.constantFrom('list', 'object', 'deep').map((kind) => (kind === 'list' ? [] : kind === 'object' ? {} : nested(deepest))) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  fc.constantFrom(5_000).map((length) => Array.from({ length }, (_, index) => index)),
);

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

/** `room`: bytes that all of it may become larger by. */
function copied(value: unknown, copies: number, room: number): unknown {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  const times = Math.max(1, Math.min(copies, Math.floor(room / (sizeOf(one) + 1))));
  return typeof one === 'string' && !Array.isArray(value) ? one.repeat(times) : Array.from({ length: times }, () => copyOf(one));
}

function sizeOf(value: unknown): number {
  return (JSON.stringify(value) ?? '').length;
}

/** `pick`: which of all places in the value, counted as they are walked. */
const fieldEdit = fc.oneof(
  { weight: 5, arbitrary: fc.record({ pick: fraction, put: strange }) },
  fc.record({ pick: fraction, drop: fc.constant(true) }),
  fc.record({ pick: fraction, add: fc.constantFrom('__proto__', 'constructor', 'type', 'kind', 'then', 'toJSON', 'length', 'bytes', 'extra'), put: strange }),
  fc.record({ pick: fraction, copies: fc.oneof({ weight: 20, arbitrary: fc.constant(2) }, { weight: 4, arbitrary: fc.constant(100) }, fc.constant(2_000)) }),
  fc.record({ pick: fraction, text: fc.array(byteEdit, { maxLength: 3 }) }),
);
type FieldEdit = typeof fieldEdit extends fc.Arbitrary<infer T> ? T : never;

interface Place {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

function placesIn(value: unknown, found: Place[]): Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || found.length > 500) return found;
  const holder = value as Record<string, unknown> | unknown[];
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    found.push({ holder, key });
    if (found.length <= 500) placesIn(Reflect.get(holder, key), found);
  }
  return found;
}

function editFields(value: unknown, edits: readonly FieldEdit[]): unknown {
  const root: unknown[] = [copyOf(value)];
  for (const edit of edits) {
    const places = placesIn(root, []);
    const { holder, key } = places[Math.floor(edit.pick * places.length)] as Place;
    const now: unknown = Reflect.get(holder, key);
    if ('add' in edit) {
      if (typeof now === 'object' && now !== null && !Array.isArray(now) && !(now instanceof Uint8Array))
        Object.defineProperty(now, edit.add, { value: copyOf(edit.put), enumerable: true, writable: true, configurable: true });
    } else if ('put' in edit) Reflect.set(holder, key, copyOf(edit.put));
    else if ('drop' in edit) Array.isArray(holder) && holder !== root ? holder.splice(Number(key), 1) : Reflect.deleteProperty(holder, key);
    else if ('copies' in edit) Reflect.set(holder, key, copied(now, edit.copies, mostBytes - sizeOf(root)));
    else if (typeof now === 'string') Reflect.set(holder, key, Buffer.from(editBytes(Buffer.from(now), edit.text)).toString('utf8'));
  }
  return root[0];
}

/** As structuredClone, of what JSON and CBOR carry, in a tenth of the time. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value))
    Object.defineProperty(copy, key, { value: copyOf(member), enumerable: true, writable: true, configurable: true });
  return copy;
}

/** Numbers below 2^32, as mulberry32 makes them. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Its length shrinks, which is all that noise can do. */
function noisy<T>(longest: number, make: (length: number, next: () => number) => T): fc.Arbitrary<T> {
  return fc.tuple(fc.nat(longest), fc.integer()).map(([length, seed]) => make(length, noise(seed)));
}

const noisyBytes = noisy(512, (length, next) => Uint8Array.from({ length }, () => next() >>> 24));
/** Half of it what keyboards have; of the rest any code point, halves of surrogate pairs too. fast-check's own has a table of 81 MiB. */
const noisyText = noisy(300, (length, next) =>
  String.fromCodePoint(...Array.from({ length }, () => (next() < 2 ** 31 ? 0x20 + (next() % 0x5f) : next() % (next() < 2 ** 31 ? 0x3000 : 0x110000)))),
);

const few = <T>(edit: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(edit, { minLength: 1, maxLength: 4 });

/** So many samples are changed alike. */
const alike = 4;

/** All of the edits, each by itself, and all but one: making edits takes longer than most decoders do. */
function variantsOf<T>(edits: readonly T[]): readonly (readonly T[])[] {
  const single = edits.length > 1 ? edits.map((edit) => [edit]) : [];
  const without = edits.length > 2 ? edits.map((_, place) => edits.toSpliced(place, 1)) : [];
  return [edits, ...single, ...without];
}

/** Some samples, changed by the same edits in several ways. */
function changed<S, E>(samples: readonly S[], edit: fc.Arbitrary<E>, apply: (sample: S, edits: readonly E[]) => unknown): fc.Arbitrary<readonly unknown[]> {
  return fc.tuple(fc.nat(samples.length - 1), few(edit)).map(([first, edits]) => {
    const some = [...samples.slice(first), ...samples.slice(0, first)].slice(0, alike);
    return variantsOf(edits).flatMap((variant) => some.map((sample) => apply(sample, variant)));
  });
}

function oneOf<T>(known: readonly T[]): fc.Arbitrary<readonly T[]>[] {
  return known.length === 0 ? [] : [alone(fc.constantFrom(...known))];
}

function alone<T>(input: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return input.map((one) => [one]);
}

/** Inputs of the kind that the decoder takes, some at a time. */
export function inputsFor(decoder: Decoder): fc.Arbitrary<readonly unknown[]> {
  const remembered = oneOf(corpusOf(decoder));
  if (decoder.kind === 'bytes')
    return fc.oneof({ weight: 8, arbitrary: changed(decoder.samples, byteEdit, editBytes) }, { weight: 2, arbitrary: alone(noisyBytes) }, ...remembered);
  if (decoder.kind === 'text') {
    const apply = (text: string, edits: readonly ByteEdit[]): string => Buffer.from(editBytes(Buffer.from(text), edits)).toString('utf8');
    return fc.oneof(
      { weight: 8, arbitrary: changed(decoder.samples, byteEdit, apply) },
      ...[oneOf(interestingTexts), alone(noisyText)].flat(),
      { weight: 1, arbitrary: alone(noisyText) },
      ...remembered,
    );
  }
  return fc.oneof(
    { weight: 8, arbitrary: changed(decoder.samples, fieldEdit, editFields) },
    ...oneOf(decoder.samples),
    { weight: 1, arbitrary: alone(strange) },
    ...remembered,
  );
}
