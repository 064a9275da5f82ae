/** One struct's bytes, read by field name; `a.b` names a field of an embedded struct. Fields that this version lacks are `undefined`. */
import { addressAt } from './blocks.ts';
import type { Catalogue, Field, Struct } from './catalogue.ts';
import type { BlendHeader } from './header.ts';

export interface BlendRecord {
  readonly header: BlendHeader;
  readonly catalogue: Catalogue;
  readonly struct: Struct;
  readonly bytes: Buffer;
  /** Where in `bytes` the struct begins. */
  readonly start: number;
}

function fieldOf(record: BlendRecord, path: string): Field | undefined {
  let struct: Struct | undefined = record.struct;
  let offset = record.start;
  let field: Field | undefined;
  for (const name of path.split('.')) {
    field = struct?.fields.get(name);
    if (field === undefined) return undefined;
    offset += field.offset;
    struct = field.isPointer ? undefined : record.catalogue.byName.get(field.type);
  }
  return field === undefined ? undefined : { ...field, offset };
}

const sizes: { readonly [type: string]: number } = { char: 1, uchar: 1, int8_t: 1, bool: 1, short: 2, ushort: 2, int: 4, float: 4, double: 8 };

/** A number of any basic type. */
export function numberAt(record: BlendRecord, path: string): number | undefined {
  const field = fieldOf(record, path);
  const size = field === undefined || field.isPointer ? undefined : sizes[field.type];
  if (field === undefined || size === undefined || field.offset + size > record.bytes.length) return undefined;
  const { bytes } = record;
  const { offset, type } = field;
  const little = record.header.littleEndian;
  if (type === 'float') return little ? bytes.readFloatLE(offset) : bytes.readFloatBE(offset);
  if (type === 'double') return little ? bytes.readDoubleLE(offset) : bytes.readDoubleBE(offset);
  if (type === 'ushort' || type === 'uchar') return little ? bytes.readUIntLE(offset, size) : bytes.readUIntBE(offset, size);
  return little ? bytes.readIntLE(offset, size) : bytes.readIntBE(offset, size);
}

/** The address a pointer holds; 0 for none and for fields that do not exist. */
export function pointerAt(record: BlendRecord, path: string): bigint {
  const field = fieldOf(record, path);
  if (field?.isPointer !== true || field.offset + record.header.pointerBytes > record.bytes.length) return 0n;
  return addressAt(record.bytes, field.offset, record.header);
}

/** Bytes: paths have up to 1024. */
const longestText = 4096;
/** Strips of long films have a picture a frame. */
const mostElements = 250_000;

/** Text of a `char name[n]` field, up to its first zero byte. */
export function textAt(record: BlendRecord, path: string): string | undefined {
  const field = fieldOf(record, path);
  if (field === undefined || field.isPointer || field.type !== 'char') return undefined;
  const all = record.bytes.subarray(field.offset, Math.min(field.offset + Math.min(field.count, longestText), record.bytes.length));
  const end = all.indexOf(0);
  return all.toString('utf8', 0, end === -1 ? all.length : end);
}

/** A block of several structs as one record each. Throws RangeError for more than any scene has. */
export function elementsOf(record: BlendRecord): BlendRecord[] {
  const step = record.struct.bytes;
  const count = step > 0 ? Math.floor((record.bytes.length - record.start) / step) : 0;
  if (count > mostElements) throw new RangeError('is damaged: a list in it is longer than any scene has');
  return Array.from({ length: count }, (_, place) => ({ ...record, start: record.start + place * step }));
}
