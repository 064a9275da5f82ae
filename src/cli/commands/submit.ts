/** Every job type's command: submits and, unless told otherwise, waits. */
import type { SubmitReceipt } from '../../api/requests.ts';
import { SupervmError, stoppedExits } from '../../model/errors.ts';
import { type IsolationLevel, isolationLevels } from '../../model/isolation.ts';
import type { Json, JsonObject } from '../../model/job.ts';
import type { Manifest } from '../../plugin/manifest.ts';
import type { Context, Exit } from '../context.ts';
import { drawKey } from '../draw-key.ts';
import { callProgress } from '../output/call-progress.ts';
import { oneLine, printable } from '../output/style.ts';
import { bytesText, countText, shortId } from '../output/units.ts';
import { waitForJob } from '../wait-for-job.ts';
import { secondsOf, timeoutOf } from './wait.ts';

/** Flags that every job type has besides its own settings. */
export interface SubmitOptions {
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly skipExisting?: boolean;
  readonly detach?: boolean;
  readonly timeout?: string;
  readonly key?: string;
  readonly copies?: string;
  readonly copiesTimeout?: string;
  readonly alone?: boolean;
  readonly isolation?: string;
  readonly cores?: string;
  readonly exclusive?: boolean;
  readonly [setting: string]: Json | undefined;
}

export async function submit(context: Context, manifest: Manifest, words: readonly (string | undefined)[], options: SubmitOptions): Promise<Exit> {
  const { output, signal } = context;
  const timeoutSeconds = timeoutOf(options.timeout);
  const progress = callProgress(output);
  const body = {
    type: manifest.name,
    settings: settingsOf(manifest, words, options),
    folder: context.workingFolder,
    outputFolder: options.output,
    existing: options.overwrite === true ? ('overwrite' as const) : options.skipExisting === true ? ('skip' as const) : ('refuse' as const),
    owner: context.environment.userName,
    key: options.key ?? drawKey(),
    copies: copiesOf(options.copies),
    copiesSeconds: secondsOf('--copies-timeout', options.copiesTimeout),
    alone: options.alone,
    isolation: isolationFrom(options.isolation),
    cores: coresFrom(options.cores),
    exclusive: options.exclusive,
  };
  let receipt: SubmitReceipt;
  try {
    receipt = await context.client().follow('submit', { body }, progress.show, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    output.note('Stopped before the job was stored; see supervm jobs.');
    return signal.reason === 'SIGTERM' ? stoppedExits.terminated : stoppedExits.interrupted;
  } finally {
    progress.end();
  }
  for (const warning of receipt.warnings) output.warn(printable(warning.message), printable(warning.hint));
  for (const note of receipt.notes ?? []) output.note(printable(note));
  if (receipt.id !== undefined && body.copies !== undefined && receipt.copies.length < body.copies)
    output.warn(
      `the job is taken, but on ${countText(receipt.copies.length, 'machine')} of the ${body.copies} asked for.`,
      `It goes on, and is brought to three machines as they come. See: supervm job ${shortId(receipt.id)}, supervm nodes`,
    );
  const waits = receipt.id !== undefined && options.detach !== true;
  if (!waits) output.show({ human: () => receiptText(receipt), json: receipt, quiet: receipt.id ?? '' });
  else output.say(receiptText(receipt));
  if (receipt.id === undefined || !waits) return 0;
  const { warnings, notes = [], copies } = receipt;
  return waitForJob(context, receipt.id, { timeoutSeconds, submission: { warnings, notes, copies, copiesAsked: body.copies } });
}

/** Throws `usage` unless it is a number of machines. */
function copiesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const copies = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (copies < 1 || copies > 64) throw new SupervmError('usage', `--copies: "${text}" is not a number of machines from 1 to 64.`, 'For example: --copies 2');
  return copies;
}

/** Throws `usage` unless it is a level. */
function isolationFrom(text: string | undefined): IsolationLevel | undefined {
  const level = isolationLevels.find((one) => one === text);
  if (text !== undefined && level === undefined)
    throw new SupervmError('usage', `--isolation: "${text}" is no level.`, `Levels are ${isolationLevels.toReversed().join(', ')}; see: supervm nodes`);
  return level;
}

/** Throws `usage` unless it is a number of cores. */
function coresFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const cores = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (cores < 1 || cores > 4096) throw new SupervmError('usage', `--cores: "${text}" is not a number of cores from 1 to 4096.`, 'For example: --cores 2');
  return cores;
}

function settingsOf(manifest: Manifest, words: readonly (string | undefined)[], options: SubmitOptions): JsonObject {
  const settings: Record<string, Json> = {};
  for (const [index, argument] of manifest.arguments.entries()) {
    const word = words[index];
    if (word !== undefined) settings[argument.key] = word;
  }
  for (const { key } of manifest.settings) {
    const value = options[key];
    if (value !== undefined) settings[key] = value;
  }
  return settings;
}

function receiptText(receipt: SubmitReceipt): string {
  if (receipt.id === undefined) return `Nothing to do: all ${countText(receipt.skipped, 'file')} exist in ${receipt.outputFolder}.`;
  const skipped = receipt.skipped === 0 ? '' : `, ${receipt.skipped} left out because their files exist`;
  const copies =
    receipt.copies.length < receipt.wanted
      ? `${receipt.copies.length} of ${countText(receipt.wanted, 'machine')}`
      : countText(receipt.copies.length, 'machine');
  const inputs = `${countText(receipt.inputs.files, 'input file')}, ${bytesText(receipt.inputs.bytes)}`;
  return [
    `Job ${shortId(receipt.id)}: ${oneLine(receipt.name)}, ${countText(receipt.tasks, 'task')}${skipped} (${inputs}); stored on ${copies}.`,
    `Results go to ${oneLine(receipt.outputFolder)}. Follow: supervm wait ${shortId(receipt.id)}   End it: supervm cancel ${shortId(receipt.id)}`,
  ].join('\n');
}
