/** What the daemon said last that was an error. Pure. */

import { printable } from '../../output/style.ts';
import { durationText } from '../../output/units.ts';
import { check, type Finding } from '../finding.ts';

export interface LogReading {
  readonly file: string;
  /** The end of it; undefined where there is none. Its first line may be cut. */
  readonly tail: string | undefined;
  readonly running: boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

interface Line {
  readonly level: string;
  readonly at: number;
  readonly text: string;
}

const recentMs = 24 * 3_600_000;

export function checkDaemonLog({ file, tail, running, now }: LogReading): readonly Finding[] {
  const { ok, none, warning, failing } = check('daemon', 'daemon-log');
  if (tail === undefined) return [none('no daemon has run here yet')];
  const lines = tail.split('\n').flatMap(read);
  const start = lines.findLastIndex(({ text }) => text === 'ready');
  const last = lines.findLast(({ level }) => level === 'error' || level === 'fatal');
  if (last === undefined || now - last.at > recentMs) return [ok('no error of the last day')];
  const ago = `${durationText((now - last.at) / 1000)} ago`;
  const remedy = { cause: 'The whole story is in the log:', commands: [`tail -n 20 '${file}'`] };
  const isEnd = !running && lines.at(-1) === last;
  if (isEnd)
    return [
      failing(`the daemon ended with an error ${ago}: ${last.text}`, {
        ...remedy,
        advice: 'Start it again, and see whether it stays:',
        commands: [...remedy.commands, 'supervm up'],
      }),
    ];
  if (lines.indexOf(last) < start) return [ok(`no error since the last start; before it, ${ago}: ${last.text}`)];
  return [warning(`an error ${ago}: ${last.text}`, remedy)];
}

function read(line: string): readonly Line[] {
  try {
    const { level, time, msg, error, problem } = JSON.parse(line) as { readonly [name: string]: unknown };
    if (typeof level !== 'string' || typeof time !== 'string' || typeof msg !== 'string') return [];
    const told = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : typeof problem === 'string' ? problem : '';
    const text = printable(told === '' ? msg : `${msg}: ${told.split('\n')[0]}`).slice(0, 300);
    return [{ level, at: Date.parse(time), text }];
  } catch {
    // Cut, or not the log's.
    return [];
  }
}
