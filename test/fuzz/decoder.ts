/** What is fuzzed: a function that reads what strangers, peers, tasks or files say, and refuses it by one of its own errors. */
import * as z from 'zod';
import { SupervmError } from '../../src/model/errors.ts';

interface Common {
  readonly name: string;
  /** What it may throw. Default: words about the input, none of those that JavaScript has for a mistake in the code. */
  refuses?(error: unknown): boolean;
  /** Milliseconds one input may take; most take none. */
  readonly limitMs?: number;
}

export interface BytesDecoder extends Common {
  readonly kind: 'bytes';
  /** Inputs that it accepts. */
  readonly samples: readonly Uint8Array[];
  run(bytes: Uint8Array): unknown;
}

export interface TextDecoder extends Common {
  readonly kind: 'text';
  readonly samples: readonly string[];
  run(text: string): unknown;
}

/** Its input was JSON, or CBOR, a moment before. */
export interface ValueDecoder extends Common {
  readonly kind: 'value';
  readonly samples: readonly unknown[];
  run(value: unknown): unknown;
}

export type Decoder = BytesDecoder | TextDecoder | ValueDecoder;

/** What V8 says when code is wrong, or takes a number for a size. */
const mistakes =
  /Cannot (?:read|set|convert|mix|destructure|access|create|redefine)|is not a (?:function|constructor|BigInt)|is not (?:defined|iterable|extensible)|call stack|Invalid (?:array|string|typed array|count|time) |Array buffer allocation|out of memory|Reduce of empty|Private (?:field|method)/;

/** Errors that a decoder words itself. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof SupervmError) return error.code !== 'internal';
  if (error instanceof z.ZodError || error instanceof SyntaxError) return true;
  return error instanceof Error && !mistakes.test(error.message);
}
