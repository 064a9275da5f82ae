/** Inputs that once did harm, or nearly: a JSON file a decoder. Bytes are written as hexadecimal text. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Decoder } from './decoder.ts';

export const corpusFolder = join(import.meta.dirname, 'corpus');

export function corpusOf({ name, kind }: Decoder): readonly unknown[] {
  const file = join(corpusFolder, `${name}.json`);
  if (!existsSync(file)) return [];
  const inputs = JSON.parse(readFileSync(file, 'utf8')) as readonly unknown[];
  return kind === 'bytes' ? inputs.map((text) => Buffer.from(String(text), 'hex')) : inputs;
}
