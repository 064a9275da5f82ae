/** The catalogue of structs (`DNA1`) that every .blend file carries: with it any version's data can be read by field name. */

export interface Field {
  /** Name of a basic type or of another struct. */
  readonly type: string;
  readonly offset: number;
  readonly isPointer: boolean;
  /** Elements of an array; 1 otherwise. */
  readonly count: number;
}

export interface Struct {
  readonly name: string;
  readonly bytes: number;
  readonly fields: ReadonlyMap<string, Field>;
}

export interface Catalogue {
  readonly structs: readonly Struct[];
  readonly byName: ReadonlyMap<string, Struct>;
}

interface Cursor {
  readonly bytes: Buffer;
  readonly littleEndian: boolean;
  offset: number;
}

function int(cursor: Cursor): number {
  cursor.offset += 4;
  return cursor.littleEndian ? cursor.bytes.readInt32LE(cursor.offset - 4) : cursor.bytes.readInt32BE(cursor.offset - 4);
}

function short(cursor: Cursor): number {
  cursor.offset += 2;
  return cursor.littleEndian ? cursor.bytes.readUInt16LE(cursor.offset - 2) : cursor.bytes.readUInt16BE(cursor.offset - 2);
}

/** Sections begin at multiples of four with four letters. */
function section(cursor: Cursor, letters: string): void {
  cursor.offset = Math.ceil(cursor.offset / 4) * 4;
  const found = cursor.bytes.toString('latin1', cursor.offset, cursor.offset + 4);
  if (found !== letters) throw new RangeError('is damaged: its catalogue of structs cannot be read');
  cursor.offset += 4;
}

/** Names, types and structs are told apart by 16 bits. */
const mostListed = 65_536;
/** Bytes of a name, and elements of an array; Blender's longest have some dozen, and some ten thousand. */
const longestWord = 512;
const longestArray = 2 ** 24;

function counted<T>(cursor: Cursor, read: () => T): T[] {
  const count = int(cursor);
  if (count < 0 || count > mostListed) throw new RangeError('is damaged: its catalogue of structs is impossible');
  return Array.from({ length: count }, read);
}

function word(cursor: Cursor): string {
  const end = cursor.bytes.indexOf(0, cursor.offset);
  if (end === -1 || end - cursor.offset > longestWord) throw new RangeError('is damaged: its catalogue of structs ends early');
  const text = cursor.bytes.toString('latin1', cursor.offset, end);
  cursor.offset = end + 1;
  return text;
}

/** `*next`, `mat[4][4]`, `(*call)()` and `**list` as name, whether it is a pointer, and number of elements. */
function parseName(text: string): { name: string; isPointer: boolean; count: number } {
  const isPointer = text.startsWith('*') || text.startsWith('(');
  const name = /[A-Za-z_]\w*/.exec(text)?.[0] ?? text;
  const count = [...text.matchAll(/\[(\d+)\]/g)].reduce((product, match) => product * Number(match[1]), 1);
  if (count > longestArray) throw new RangeError('is damaged: its catalogue of structs is impossible');
  return { name, isPointer, count };
}

/** Reads the contents of a `DNA1` block. Throws RangeError when they are not what they should be. */
export function parseCatalogue(bytes: Buffer, littleEndian: boolean, pointerBytes: number): Catalogue {
  const cursor: Cursor = { bytes, littleEndian, offset: 0 };
  section(cursor, 'SDNA');
  section(cursor, 'NAME');
  const names = counted(cursor, () => parseName(word(cursor)));
  section(cursor, 'TYPE');
  const types = counted(cursor, () => word(cursor));
  section(cursor, 'TLEN');
  const lengths = types.map(() => short(cursor));
  section(cursor, 'STRC');
  const structs = counted(cursor, () => {
    const type = short(cursor);
    const fieldCount = short(cursor);
    const fields = new Map<string, Field>();
    let offset = 0;
    for (let place = 0; place < fieldCount; place += 1) {
      const fieldType = short(cursor);
      const { name, isPointer, count } = names[short(cursor)] ?? { name: '', isPointer: false, count: 0 };
      fields.set(name, { type: types[fieldType] ?? '', offset, isPointer, count });
      offset += count * (isPointer ? pointerBytes : (lengths[fieldType] ?? 0));
    }
    return { name: types[type] ?? '', bytes: lengths[type] ?? 0, fields };
  });
  return { structs, byName: new Map(structs.map((struct) => [struct.name, struct])) };
}
