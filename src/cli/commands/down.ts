/** down, restart */
import type { DrainView } from '../../api/requests.ts';
import { SupervmError, stoppedExits } from '../../model/errors.ts';
import { flagWords } from '../../settings/flag-words.ts';
import { now, pause } from '../clock.ts';
import type { Context, Exit } from '../context.ts';
import { daemonSettings } from '../daemon-flags.ts';
import { daemonGone, startDaemon, stopDaemon } from '../daemon-process.ts';
import { countText, durationText } from '../output/units.ts';
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
  if (options.now === true) return stopNow(context);
  const { output, signal } = context;
  const giveUpAt = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : now() + timeoutSeconds * 1000;
  let view = await drain(context);
  if (view === undefined) return show(context, false, 'No daemon runs here.');
  const { pid } = view;
  let told = '';
  for (; view !== undefined; view = await drain(context)) {
    const left = leftText(view);
    if (left !== '' && left !== told) output.note(told === '' ? `${waitText(view)} Ctrl-C: go on as before. At once: supervm down --now` : waitText(view));
    told = left;
    if (signal.aborted) return undo(context);
    if (now() > giveUpAt) throw await late(context, view, timeoutSeconds ?? 0);
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
export async function restart(context: Context): Promise<Exit> {
  const receipt = await stopDaemon(context, 'leave');
  await startDaemon(context, receipt?.words ?? flagWords(daemonSettings(context, {})));
  await showUp(context, receipt === undefined ? 'is up' : 'has restarted');
  return 0;
}

/** Undefined when no daemon runs (any more). */
async function drain(context: Context): Promise<DrainView | undefined> {
  try {
    return await context.client().call('drain');
  } catch (error) {
    if (error instanceof SupervmError && error.code === 'no-daemon') return undefined;
    throw error;
  }
}

async function undo(context: Context): Promise<Exit> {
  await context.client().call('undrain');
  context.output.note('The daemon goes on and takes tasks again.');
  return context.signal.reason === 'SIGTERM' ? stoppedExits.terminated : stoppedExits.interrupted;
}

async function late(context: Context, view: DrainView, seconds: number): Promise<SupervmError> {
  await context.client().call('undrain');
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
