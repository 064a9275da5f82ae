import { SupervmError } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { waitForJob } from '../wait-for-job.ts';

export async function wait(context: Context, id: string, options: { readonly timeout?: string }): Promise<Exit> {
  return waitForJob(context, id, { timeoutSeconds: timeoutOf(options.timeout) });
}

/** Throws `usage` unless it is a positive number of seconds. */
export function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0)) throw new SupervmError('usage', `--timeout: "${text}" is not a number of seconds.`, 'For example: --timeout 600');
  return seconds;
}
