/** Lengths of time as people write them. */
import { SupervmError } from '../model/errors.ts';

const units: { readonly [unit: string]: number } = { s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of `90d`, `12h`, `30m`, `45s`, `2w`. Throws `usage`. */
export function readDuration(text: string, flag: string): number {
  const [, amount, unit] = /^(\d{1,6}) ?(s|m|min|h|d|w)$/.exec(text.trim()) ?? [];
  const seconds = Number(amount) * (units[unit ?? ''] ?? 0);
  if (!(seconds > 0))
    throw new SupervmError('usage', `${flag}: ${JSON.stringify(text)} is no length of time.`, `For example ${flag} 30m, ${flag} 12h or ${flag} 90d.`);
  return seconds;
}
