/** Writes small .blend files without Blender, in any byte order, pointer size and block form, for reading them back. */

export interface BlendForm {
  readonly littleEndian: boolean;
  readonly pointerBytes: 4 | 8;
  /** Blender 5's header and block heads. */
  readonly large: boolean;
  readonly version: number;
}

/** Field declarations as the catalogue holds them: `int sfra`, `ID *camera`, `char name[66]`. */
export type Structs = { readonly [name: string]: readonly string[] };
/** Values by field path; pointers are addresses. */
export type Values = { readonly [path: string]: number | bigint | string };

export interface BlendBlock {
  readonly code: string;
  readonly address?: bigint;
  readonly struct: string;
  readonly values: Values | readonly Values[];
}

const basicTypes: readonly (readonly [string, number])[] = [
  ['char', 1],
  ['short', 2],
  ['int', 4],
  ['float', 4],
  ['void', 0],
];

class Writer {
  readonly parts: Buffer[] = [];
  readonly form: BlendForm;
  length = 0;
  constructor(form: BlendForm) {
    this.form = form;
  }

  bytes(part: Buffer): void {
    this.parts.push(part);
    this.length += part.length;
  }

  number(value: number, size: 2 | 4 | 8): void {
    const part = Buffer.alloc(size);
    if (size === 8) {
      if (this.form.littleEndian) part.writeBigInt64LE(BigInt(value));
      else part.writeBigInt64BE(BigInt(value));
    } else if (this.form.littleEndian) part.writeIntLE(value, 0, size);
    else part.writeIntBE(value, 0, size);
    this.bytes(part);
  }

  address(value: bigint): void {
    const part = Buffer.alloc(this.form.pointerBytes);
    writeAddress(part, 0, value, this.form);
    this.bytes(part);
  }

  words(letters: string, texts: readonly string[]): void {
    this.align();
    this.bytes(Buffer.from(letters));
    this.number(texts.length, 4);
    for (const text of texts) this.bytes(Buffer.from(`${text}\0`));
  }

  align(): void {
    this.bytes(Buffer.alloc((4 - (this.length % 4)) % 4));
  }
}

function writeAddress(target: Buffer, offset: number, value: bigint, form: BlendForm): void {
  if (form.pointerBytes === 4) {
    if (form.littleEndian) target.writeUInt32LE(Number(value), offset);
    else target.writeUInt32BE(Number(value), offset);
  } else if (form.littleEndian) target.writeBigUInt64LE(value, offset);
  else target.writeBigUInt64BE(value, offset);
}

interface Parsed {
  readonly type: string;
  readonly written: string;
  readonly name: string;
  readonly isPointer: boolean;
  readonly count: number;
}

function parse(declaration: string): Parsed {
  const [type = '', written = ''] = declaration.split(' ');
  const count = Number(/\[(\d+)\]/.exec(written)?.[1] ?? 1);
  return { type, written, name: written.replace(/[*]|\[.*\]/g, ''), isPointer: written.startsWith('*'), count };
}

class Layout {
  readonly #structs: Structs;
  readonly #form: BlendForm;
  constructor(structs: Structs, form: BlendForm) {
    this.#structs = structs;
    this.#form = form;
  }

  size(type: string): number {
    const basic = basicTypes.find(([name]) => name === type)?.[1];
    return basic ?? (this.#structs[type] ?? []).reduce((sum, field) => sum + this.#fieldSize(parse(field)), 0);
  }

  #fieldSize(field: Parsed): number {
    return field.count * (field.isPointer ? this.#form.pointerBytes : this.size(field.type));
  }

  place(struct: string, path: string): { offset: number; field: Parsed } {
    const [head = '', ...rest] = path.split('.');
    let offset = 0;
    for (const declaration of this.#structs[struct] ?? []) {
      const field = parse(declaration);
      if (field.name === head) {
        if (rest.length === 0) return { offset, field };
        const inner = this.place(field.type, rest.join('.'));
        return { offset: offset + inner.offset, field: inner.field };
      }
      offset += this.#fieldSize(field);
    }
    throw new Error(`${struct} has no field ${path}`);
  }
}

function put(target: Buffer, offset: number, field: Parsed, value: number | bigint | string, form: BlendForm): void {
  if (typeof value === 'string') target.write(value, offset, 'utf8');
  else if (typeof value === 'bigint') writeAddress(target, offset, value, form);
  else if (field.type === 'float') {
    if (form.littleEndian) target.writeFloatLE(value, offset);
    else target.writeFloatBE(value, offset);
  } else {
    const size = field.type === 'char' ? 1 : field.type === 'short' ? 2 : 4;
    if (form.littleEndian) target.writeIntLE(value, offset, size);
    else target.writeIntBE(value, offset, size);
  }
}

function contents(block: BlendBlock, layout: Layout, form: BlendForm): Buffer {
  const size = layout.size(block.struct);
  const all = Array.isArray(block.values) ? (block.values as readonly Values[]) : [block.values as Values];
  const bytes = Buffer.alloc(size * all.length);
  for (const [number, values] of all.entries()) {
    for (const [path, value] of Object.entries(values)) {
      const { offset, field } = layout.place(block.struct, path);
      put(bytes, number * size + offset, field, value, form);
    }
  }
  return bytes;
}

function catalogue(structs: Structs, layout: Layout, form: BlendForm): Buffer {
  const names = [...new Set(Object.values(structs).flatMap((fields) => fields.map((field) => parse(field).written)))];
  const types = [
    ...new Set([
      ...basicTypes.map(([name]) => name),
      ...Object.values(structs).flatMap((fields) => fields.map((field) => parse(field).type)),
      ...Object.keys(structs),
    ]),
  ];
  const writer = new Writer(form);
  writer.bytes(Buffer.from('SDNA'));
  writer.words('NAME', names);
  writer.words('TYPE', types);
  writer.align();
  writer.bytes(Buffer.from('TLEN'));
  for (const type of types) writer.number(layout.size(type), 2);
  writer.align();
  writer.bytes(Buffer.from('STRC'));
  writer.number(Object.keys(structs).length, 4);
  for (const [name, fields] of Object.entries(structs)) {
    writer.number(types.indexOf(name), 2);
    writer.number(fields.length, 2);
    for (const field of fields.map(parse)) {
      writer.number(types.indexOf(field.type), 2);
      writer.number(names.indexOf(field.written), 2);
    }
  }
  return Buffer.concat(writer.parts);
}

function head(writer: Writer, code: string, struct: number, address: bigint, bytes: number, count: number): void {
  writer.bytes(Buffer.from(code.padEnd(4, '\0')));
  if (writer.form.large) {
    writer.number(struct, 4);
    writer.address(address);
    writer.number(bytes, 8);
    writer.number(count, 8);
  } else {
    writer.number(bytes, 4);
    writer.address(address);
    writer.number(struct, 4);
    writer.number(count, 4);
  }
}

export function writeBlend(form: BlendForm, structs: Structs, blocks: readonly BlendBlock[]): Buffer {
  const layout = new Layout(structs, form);
  const writer = new Writer(form);
  const order = form.littleEndian ? 'v' : 'V';
  const pointers = form.pointerBytes === 8 ? '-' : '_';
  writer.bytes(Buffer.from(form.large ? `BLENDER17-01${order}${String(form.version).padStart(4, '0')}` : `BLENDER${pointers}${order}${form.version}`));
  const known = Object.keys(structs);
  for (const block of blocks) {
    const bytes = contents(block, layout, form);
    head(writer, block.code, known.indexOf(block.struct), block.address ?? 0n, bytes.length, Array.isArray(block.values) ? block.values.length : 1);
    writer.bytes(bytes);
  }
  const dna = catalogue(structs, layout, form);
  head(writer, 'DNA1', 0, 0n, dna.length, 1);
  writer.bytes(dna);
  head(writer, 'ENDB', 0, 0n, 0, 0);
  return Buffer.concat(writer.parts);
}
