import { SupervmError } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { waitForJob } from '../wait-for-job.ts';

export async function wait(context: Context, id: string, options: { readonly timeout?: string }): Promise<Exit> {
  return waitForJob(context, id, { timeoutSeconds: timeoutOf(options.timeout) });
}

/** Throws `usage` unless it is a positive number of seconds. */
export function timeoutOf(text: string | undefined): number | undefined {
  return secondsOf('--timeout', text);
}

/** Throws `usage` unless it is a positive number of seconds. */
export function secondsOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0)) throw new SupervmError('usage', `${flag}: "${text}" is not a number of seconds.`, `For example: ${flag} 600`);
  return seconds;
}
