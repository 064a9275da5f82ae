/** Does a daemon run here, and does it answer? What one that died left behind? Pure. */
import { check, type Finding } from '../finding.ts';

export interface DaemonReading {
  readonly home: string;
  readonly log: string;
  readonly answer:
    | { readonly kind: 'answers'; readonly tookMs: number }
    /** It took the connection and said nothing in time. */
    | { readonly kind: 'silent'; readonly afterMs: number }
    | { readonly kind: 'absent' }
    | { readonly kind: 'foreign'; readonly reason: string };
  /** Of the process that holds the folder's lock: 0 where it is in another container; undefined when nobody does, or the system does not tell. */
  readonly holder: number | undefined;
  /** What the last daemon wrote into its pid file. */
  readonly pid: number | undefined;
  /** Files that are there, of those a daemon removes when it ends. */
  readonly leftovers: readonly string[];
}

const slowMs = 1000;

export function checkDaemon(reading: DaemonReading): readonly Finding[] {
  const { ok, none, warning, failing } = check('daemon', 'daemon');
  const { answer, holder, pid, leftovers, home, log } = reading;
  const who = holder === undefined || holder === 0 ? pid : holder;
  switch (answer.kind) {
    case 'answers':
      if (answer.tookMs <= slowMs) return [ok(`runs${who === undefined ? '' : ` (pid ${who})`}, answered in ${Math.round(answer.tookMs)} ms`)];
      return [
        warning(`runs, but took ${(answer.tookMs / 1000).toFixed(1)} s to answer`, {
          cause: 'Its main loop is busy, or the machine has no processor time to give: other nodes may take it for dead.',
          advice: 'See what uses the processor, and what the daemon says:',
          commands: ['top', `tail '${log}'`],
        }),
      ];
    case 'silent':
      return [
        failing(`runs${who === undefined ? '' : ` (pid ${who})`}, but has said nothing for ${answer.afterMs / 1000} s`, {
          cause: 'It is stopped (Ctrl-Z, a debugger), its disk hangs, or it has met a defect.',
          advice: 'Let it go on, or end it and start it anew; its tasks run on meanwhile:',
          commands: who === undefined ? ['supervm restart'] : [`kill -CONT ${who}`, `kill -9 ${who}`, 'supervm up'],
        }),
      ];
    case 'foreign':
      return [
        failing(answer.reason, { cause: `The daemon that uses ${home} was started by another user.`, advice: 'Run supervm as the user who started it.' }),
      ];
    case 'absent':
      break;
  }
  if (holder !== undefined)
    return [
      failing(`a daemon${who === undefined ? '' : ` (pid ${who})`} holds ${home}, but its socket is gone`, {
        cause: 'Something removed the socket while the daemon ran, or it is only just starting or stopping.',
        advice: 'Look again in a moment; if it stays so, end it and start it anew:',
        commands: [...(who === undefined ? [] : [`kill ${who}`]), 'supervm up'],
      }),
    ];
  if (leftovers.length > 0)
    return [
      warning(`none runs here; the last one was killed and left ${leftovers.join(', ')}`, {
        cause: 'The machine lost its power, or the daemon was killed. The next start puts it right.',
        advice: 'Start it:',
        commands: ['supervm up'],
        repairs: leftovers.map((path) => ({ kind: 'remove', path })),
      }),
    ];
  return [none('none runs here; to start it: supervm up')];
}
