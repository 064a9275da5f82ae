/** invite */
import type { InvitationView, MachineRole, NewcomerView } from '../../api/machines.ts';
import { SupervmError } from '../../model/errors.ts';
import { pause } from '../clock.ts';
import type { Context, Exit } from '../context.ts';
import { readDuration } from '../duration.ts';
import { oneLine } from '../output/style.ts';
import { countText, momentText } from '../output/units.ts';

export interface InviteFlags {
  readonly role?: string;
  readonly expires?: string;
  readonly uses?: string;
  readonly approve?: boolean;
}

const lookMs = 1000;
const roles: readonly MachineRole[] = ['member', 'worker'];

/** At a terminal, and with --approve, it stays until the invitation is used or over: machines of the local network may knock meanwhile. */
export async function invite(context: Context, flags: InviteFlags): Promise<Exit> {
  const { output } = context;
  const request = { role: roleOf(flags.role), seconds: secondsOf(flags.expires), uses: usesOf(flags.uses), approve: flags.approve === true };
  const api = context.client();
  const view = await api.call('invite', { body: request });
  const machines = request.uses === 1 ? 'one machine' : countText(request.uses ?? 1, 'machine');
  output.note(`For ${machines}, until ${momentText(view.expiresAt)}. There: supervm join, and paste this line. Keep it secret till then.`);
  output.show({ human: () => view.line, json: view, quiet: view.line });
  if (!request.approve && !(output.terminal.canAsk && output.terminal.interactive)) return 0;
  output.note('On a new machine of this network nobody has to paste it: "supervm up" there, and agree here. Ctrl-C ends the waiting; the line stays good.');
  await attend(context, view.id);
  return 0;
}

async function attend(context: Context, id: string): Promise<void> {
  const api = context.client();
  const { output, signal } = context;
  const told = new Set<string>();
  let admitted = 0;
  for (;;) {
    const view: InvitationView = await api.call('invitation', { params: { invite: id } });
    for (const name of view.admitted.slice(admitted)) output.note(`${oneLine(name)} was let in.`);
    admitted = view.admitted.length;
    if (view.state === 'expired') output.note('The invitation has expired.');
    if (view.state !== 'open' || signal.aborted) return;
    const newcomer = view.waiting.find((one) => !told.has(one.id));
    if (newcomer !== undefined) {
      told.add(newcomer.id);
      await decide(context, id, newcomer);
    } else await pause(lookMs, signal);
  }
}

async function decide({ client, output }: Context, id: string, { id: newcomer, name, address, words }: NewcomerView): Promise<void> {
  output.note(`${oneLine(name)} (${oneLine(address)}) asks to be let in. Both machines must show these words:\n\n    ${oneLine(words)}\n`);
  const key = await output.terminal.ask('The same there? [y/N] ', { key: true });
  const admit = /^y/i.test(key.trim());
  try {
    await client().call('answerInvite', { params: { invite: id }, body: { newcomer, admit } });
    if (!admit) output.note(`${oneLine(name)} was turned away.`);
  } catch (error) {
    if (!(error instanceof SupervmError) || error.code !== 'node-not-found') throw error;
    output.warn(`${oneLine(name)} has gone.`, error.hint);
  }
}

function roleOf(text: string | undefined): MachineRole | undefined {
  const role = roles.find((known) => known === text);
  if (text !== undefined && role === undefined)
    throw new SupervmError('usage', `--role: ${JSON.stringify(text)} is no role of a machine.`, `One of ${roles.join(', ')}.`);
  return role;
}

function secondsOf(text: string | undefined): number | undefined {
  const seconds = text === undefined ? undefined : readDuration(text, '--expires');
  if (seconds !== undefined && (seconds < 10 || seconds > 7 * 86_400))
    throw new SupervmError('usage', '--expires: an invitation is open for 10 seconds to 7 days.', 'For example --expires 1h.');
  return seconds;
}

function usesOf(text: string | undefined): number | undefined {
  const uses = text === undefined ? 1 : Number(text);
  if (!Number.isInteger(uses) || uses < 1 || uses > 1000) throw new SupervmError('usage', `--uses: ${JSON.stringify(text)} is not a number from 1 to 1000.`);
  return uses;
}
