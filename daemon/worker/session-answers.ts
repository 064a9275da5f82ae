/** Reads what a session says. It runs other people's code: nothing it says is believed unread. */
import * as z from 'zod';
import type { SessionAnswer } from './session/messages.ts';

const text = z.string().max(16_384);
const id = z.int().min(0);
const fault = z.strictObject({ code: z.string().max(64), message: text, retry: z.boolean(), blameNode: z.boolean() });
const output = z.strictObject({ path: z.string().max(4096), size: z.int() });

const answer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('open-failed'), fault }),
  z.strictObject({ type: z.literal('log'), line: z.string() }),
  z.strictObject({ type: z.literal('progress'), id, fraction: z.number().min(0).max(1), message: z.string() }),
  z.strictObject({ type: z.literal('done'), id, outputs: z.array(output).max(100_000), process: id, warnings: z.array(text).max(1000) }),
  z.strictObject({ type: z.literal('failed'), id, fault, understood: z.boolean() }),
]);

/** Throws on anything that is not an answer. */
export function readAnswer(line: string): SessionAnswer {
  return answer.parse(JSON.parse(line));
}
