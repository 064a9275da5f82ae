/** Values that a schema accepts, made from the schema itself: for an object one with all its members and one with those it must have. */
import * as z from 'zod';

type Schema = z.core.$ZodType;

/** What zod keeps of a schema, as far as it is looked at here. */
interface Definition {
  readonly type: string;
  readonly shape: Readonly<Record<string, Schema>>;
  readonly options: readonly Schema[];
  readonly element: Schema;
  readonly keyType: Schema;
  readonly valueType: Schema;
  readonly values: readonly unknown[];
  readonly entries: Readonly<Record<string, unknown>>;
  readonly innerType: Schema;
  readonly in: Schema;
}

/** For texts with a shape; the first that fits is taken. */
const texts = [
  ...['a', 'node-1', 'name', 'f'.repeat(64), '0'.repeat(16), 'a'.repeat(43), 'A'.repeat(32), '0'.repeat(32), '/a', '/home/x', 'n/0011223344556677'],
  ...['1'.repeat(20), '12D3KooWGzBXHSHGBdyCDwkKTFLDjtfPHgnRXXjBAwY4YwHdTBmN', '127.0.0.1:1', 'AAAA', 'abc'],
];

export function samplesOf(schema: z.ZodType): unknown[] {
  return every(schema).filter((value) => schema.safeParse(structuredClone(value)).success);
}

function every(schema: Schema): unknown[] {
  const def = schema._zod.def as unknown as Definition;
  switch (def.type) {
    case 'object': {
      const shape = def.shape;
      const all = Object.entries(shape);
      const needed = all.filter(([, member]) => !isOptional(member));
      // Each value of each member once, among the first ones of the others.
      const first = Object.fromEntries(all.map(([key, member]) => [key, every(member)[0]]));
      const variants = all.flatMap(([key, member]) =>
        every(member)
          .slice(1)
          .map((value) => ({ ...first, [key]: value })),
      );
      return [first, Object.fromEntries(needed.map(([key]) => [key, first[key]])), ...variants].slice(0, 24);
    }
    case 'union':
      return def.options.flatMap(every);
    case 'array': {
      const items = every(def.element);
      return [items.slice(0, 1), [], items.slice(0, 3)];
    }
    case 'record':
      return [
        Object.fromEntries(
          every(def.keyType)
            .slice(0, 1)
            .map((key) => [String(key), every(def.valueType)[0]]),
        ),
        {},
      ];
    case 'string':
      return [texts.find((text) => z.safeParse(schema, text).success) ?? ''];
    case 'number':
      return [[1, 0, 2, 0.5, 1024].find((value) => z.safeParse(schema, value).success) ?? 1];
    case 'boolean':
      return [true, false];
    case 'literal':
      return [...def.values];
    case 'enum':
      return Object.values(def.entries);
    case 'optional':
    case 'nullable':
    case 'readonly':
    case 'default':
    case 'nonoptional':
      return every(def.innerType);
    case 'pipe':
      return every(def.in);
    case 'lazy':
      return [1, 'a', { a: 1 }];
    case 'undefined':
      return [undefined];
    case 'null':
      return [null];
    default:
      // Of a type that only a function knows.
      return [new Uint8Array([1, 2, 3]), { a: 1 }, 'a', 1, ['a']];
  }
}

function isOptional(schema: Schema): boolean {
  return schema._zod.optin === 'optional' || (schema._zod.def as { readonly type: string }).type === 'optional';
}
