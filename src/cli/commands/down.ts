/** down, restart */
import type { DrainView } from '../../api/requests.ts';
import { SupervmError, stoppedExits } from '../../model/errors.ts';
import { flagWords } from '../../settings/flag-words.ts';
import { now, pause } from '../clock.ts';
import type { Context, Exit } from '../context.ts';
import { daemonSettings } from '../daemon-flags.ts';
import { daemonGone, startDaemon, stopDaemon } from '../daemon-process.ts';
import { countText, durationText } from '../output/units.ts';
import { homePassphrase } from '../passphrase.ts';
import { showUp } from './up.ts';
import { timeoutOf } from './wait.ts';

export interface DownOptions {
  readonly now?: boolean;
  readonly timeout?: string;
}

const lookMs = 300;

/** Drains first, unless told otherwise. Whenever it ends without a stopped daemon, the machine takes tasks again as before. */
export async function down(context: Context, options: DownOptions): Promise<Exit> {
  const timeoutSeconds = timeoutOf(options.timeout);
  if (options.now === true && timeoutSeconds !== undefined)
    throw new SupervmError('usage', '--now does not wait, so there is nothing for --timeout to end.', 'Give one of the two.');
  if (options.now === true) return stopNow(context);
  const { output, signal } = context;
  const giveUpAt = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : now() + timeoutSeconds * 1000;
  const first = await ask(context, 'drain');
  if (first === undefined) return show(context, false, 'No daemon runs here.');
  const { pid } = first;
  let told = '';
  for (let view = waiting(first, pid); view !== undefined; view = waiting(await ask(context, 'drain', pid), pid)) {
    const left = leftText(view);
    if (left !== '' && left !== told) output.note(told === '' ? `${waitText(view)} Ctrl-C: go on as before. At once: supervm down --now` : waitText(view));
    told = left;
    const isLate = now() > giveUpAt;
    if (signal.aborted || isLate) {
      // Where it ends already, that was too late, and what was asked for is done.
      if (waiting(await ask(context, 'undrain', pid), pid) === undefined) break;
      if (isLate && !signal.aborted) throw late(view, timeoutSeconds ?? 0);
      output.note('The daemon goes on and takes tasks again.');
      return signal.reason === 'SIGTERM' ? stoppedExits.terminated : stoppedExits.interrupted;
    }
    await pause(lookMs, signal);
  }
  await daemonGone(context, pid);
  return show(context, true, 'The daemon has stopped. Jobs go on on the other machines.');
}

async function stopNow(context: Context): Promise<Exit> {
  const stopped = (await stopDaemon(context, 'end')) !== undefined;
  return show(context, stopped, stopped ? 'The daemon has stopped. What it was running goes back to the cluster.' : 'No daemon runs here.');
}

/** Its tasks run on meanwhile. */
export async function restart(context: Context, flags: { readonly passphraseFile?: string }): Promise<Exit> {
  const settings = daemonSettings(context, flags.passphraseFile === undefined ? {} : { passphraseFile: flags.passphraseFile });
  // The new one needs it, and without it the old one runs on.
  const passphrase = await homePassphrase(context, settings);
  // Once it has been told to stop somebody must start it again: giving up would leave this machine without a daemon.
  const receipt = await stopDaemon(context, 'leave', {
    late: (pid) => context.output.note(`The daemon (pid ${pid}) takes long to stop; it is started again as soon as it has. Its log: ${context.paths.log}`),
  });
  await startDaemon(context, receipt?.words ?? flagWords(settings), passphrase);
  await showUp(context, receipt === undefined ? 'is up' : 'has restarted');
  return 0;
}

/** Undefined when no daemon runs (any more). With a `pid` nothing is asked of one that has come since. */
async function ask(context: Context, route: 'drain' | 'undrain', pid?: number): Promise<DrainView | undefined> {
  try {
    return await context.client().call(route, { body: { pid } });
  } catch (error) {
    if (error instanceof SupervmError && error.code === 'no-daemon') return undefined;
    throw error;
  }
}

/** Undefined when this daemon stops, has stopped, or has been followed by another. */
function waiting(view: DrainView | undefined, pid: number): DrainView | undefined {
  return view?.pid === pid && !view.stopping ? view : undefined;
}

function late(view: DrainView, seconds: number): SupervmError {
  return new SupervmError(
    'timed-out',
    `After ${durationText(seconds)} this machine still waits for ${leftText(view)}. The daemon goes on and takes tasks again.`,
    'To stop it all the same: supervm down --now',
  );
}

function waitText(view: DrainView): string {
  const longest = view.running === 0 ? '' : `; the longest has been running for ${durationText(view.longestSeconds)}`;
  return `Takes no new tasks and waits for ${leftText(view)}${longest}.`;
}

/** Empty when nothing is left. */
function leftText({ running, finishing }: DrainView): string {
  const parts = [running > 0 ? countText(running, 'task') : '', finishing > 0 ? `${countText(finishing, 'result')} to be kept` : ''];
  return parts.filter((part) => part !== '').join(' and ');
}

function show(context: Context, stopped: boolean, text: string): Exit {
  context.output.show({ human: () => text, json: { stopped }, quiet: '' });
  return 0;
}
