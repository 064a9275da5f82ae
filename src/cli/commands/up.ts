/** up, daemon */
import { existsSync } from 'node:fs';
import type { StatusView } from '../../api/views.ts';
import { SupervmError } from '../../model/errors.ts';
import type { DaemonProgram } from '../../settings/daemon-program.ts';
import type { DaemonSettings } from '../../settings/daemon-settings.ts';
import { flagWords } from '../../settings/flag-words.ts';
import { programFile } from '../../settings/program-files.ts';
import { pause } from '../clock.ts';
import { concernsOf } from '../concerns.ts';
import type { Context, Exit } from '../context.ts';
import { type DaemonFlags, daemonSettings } from '../daemon-flags.ts';
import { isRunning, startDaemon } from '../daemon-process.ts';
import { printable, type Style } from '../output/style.ts';
import { bytesText, coresText, countText } from '../output/units.ts';
import { assertNotToEncrypt, type EncryptFlag, homePassphrase } from '../passphrase.ts';
import { readVersion } from '../version.ts';

/** A new daemon needs a moment to elect a coordinator, alone or with the others. */
const electionLooks = 40;
const lookMs = 100;

/** What a machine has done that was let into a cluster. */
export const joined = 'has joined';

export async function up(context: Context, flags: DaemonFlags & EncryptFlag): Promise<Exit> {
  const settings = daemonSettings(context, flags);
  const before = await isRunning(context);
  const isNew = !before && settings.clusterKeyFile === undefined && !existsSync(context.paths.clusterKey);
  if (before) assertNotToEncrypt(context, flags.encrypt);
  const passphrase = before ? undefined : await homePassphrase(context, settings, flags.encrypt);
  const begun = isNew ? await begin(context, settings, passphrase?.text) : {};
  if (!before) await startDaemon(context, flagWords(settings), passphrase);
  await showUp(context, before ? 'was up already' : begun.joined === true ? joined : 'is up', begun.recoveryCode);
  return 0;
}

interface Begun {
  readonly joined?: boolean;
  readonly recoveryCode?: string;
}

/** This machine belongs to no cluster: somebody may wait for it on a network of its own, else it founds one. */
async function begin(context: Context, settings: DaemonSettings, passphrase: string | undefined): Promise<Begun> {
  const { paths, output, signal } = context;
  const program = await loadDaemonProgram();
  const { doors, clusters } = settings.discovery ? await program.lookAround() : { doors: [], clusters: [] };
  for (const address of doors) {
    output.note(`A cluster in this network looks for new machines (${address}).`);
    try {
      await program.joinNearby({ paths, passphrase, settings, address, signal, confirm: (words) => confirmWords(context, words) });
      return { joined: true };
    } catch (error) {
      if (signal.aborted || !(error instanceof SupervmError) || !['invite-refused', 'peer-unreachable'].includes(error.code)) throw error;
      throw new SupervmError(error.code, error.message, 'Try again: supervm up. To found a cluster of its own all the same: supervm up --no-discovery', {
        cause: error,
      });
    }
  }
  // Nobody would see the code of a founding that is quiet; the daemon founds without one.
  if (output.mode === 'quiet') return {};
  const { recoveryCode } = await program.foundCluster({ paths, passphrase });
  if (clusters.length > 0) {
    output.note(
      `Another cluster was seen in this network: ${clusters.join(', ')}. To join it, type "supervm down" here, "supervm invite" there, and "supervm join" here.`,
    );
  }
  return { recoveryCode };
}

export async function showUp(context: Context, what: string, recoveryCode?: string): Promise<void> {
  const view = await electedStatus(context, what === joined ? 2 : 1);
  const self = view.nodes.find((node) => node.self);
  const others = view.nodes.filter((node) => !node.self && node.reachability === 'alive').map((node) => printable(node.name));
  const { totals } = view;
  context.output.show({
    human: (style) =>
      [
        `${style.bold(printable(self?.name ?? view.node))} ${what}${others.length === 0 ? '' : `, together with ${others.join(', ')}`}: ${countText(totals.nodes, 'node')}, ${coresText(totals.cores)} cores, ${bytesText(totals.memoryBytes)} memory.`,
        `To add a machine: ${style.bold('supervm invite')} here, then ${style.bold('supervm up')} there, or from elsewhere ${style.bold('supervm join')}, and paste the line.`,
        `Then on any of them: ${style.bold('supervm render scene.blend')}. To stop: supervm down`,
        ...(view.http === undefined ? [] : [`Scripts and browsers: ${view.http}, with a token of ${style.bold('supervm token create')}.`]),
        ...(recoveryCode === undefined ? [] : recoveryLines(recoveryCode, style)),
      ].join('\n'),
    json: recoveryCode === undefined ? view : { ...view, recoveryCode },
    quiet: self?.name ?? view.node,
  });
  const concerns = concernsOf(view, readVersion());
  if (concerns.length > 0) context.output.warn(`${concerns.join('; ')}.`, 'supervm doctor says more.');
}

/** Shown this once: the cluster keeps only what follows from it. */
function recoveryLines(code: string, style: Style): readonly string[] {
  return [
    '',
    `Recovery code: ${style.bold(code)}`,
    'Write it down, it is not shown again. Should all machines that may let others in be lost: supervm recover',
  ];
}

/** Also waits for others where there must be some; not for ever, they may be off. */
async function electedStatus(context: Context, nodes: number): Promise<StatusView> {
  const client = context.client();
  let view = await client.call('status');
  const isComplete = (): boolean => view.coordinator !== undefined && view.nodes.length >= nodes;
  for (let look = 0; !isComplete() && look < electionLooks && !context.signal.aborted; look += 1) {
    await pause(lookMs, context.signal);
    view = await client.call('status');
  }
  return view;
}

/** In the foreground, for service managers. SIGINT and SIGTERM stop it cleanly; SIGTERM leaves its tasks to the next daemon. */
export async function daemon(context: Context, flags: DaemonFlags & EncryptFlag): Promise<Exit> {
  const settings = daemonSettings(context, flags);
  const passphrase = await homePassphrase(context, settings, flags.encrypt);
  const program = await loadDaemonProgram();
  await program.runDaemon({
    paths: context.paths,
    settings,
    passphrase: passphrase?.text,
    signal: context.signal,
    ready: () => context.output.say(`supervm daemon ${settings.name} is ready (pid ${process.pid}); its log: ${context.paths.log}`),
  });
  return 0;
}

export async function loadDaemonProgram(): Promise<DaemonProgram> {
  const program = (await import(programFile('daemon/main.ts'))) as Partial<DaemonProgram>;
  const { runDaemon, joinCluster, joinNearby, lookAround, foundCluster } = program;
  const isWhole = runDaemon !== undefined && joinCluster !== undefined && joinNearby !== undefined && lookAround !== undefined && foundCluster !== undefined;
  if (!isWhole) throw new SupervmError('internal', 'This installation has no daemon.');
  return { runDaemon, joinCluster, joinNearby, lookAround, foundCluster };
}

/** A person at the inviting machine decides, and sees the same ones if nobody sits between. */
export function showWords({ output }: Context, words: string): void {
  output.terminal.error(`Somebody has to agree at the inviting machine, if it shows the same words:\n\n    ${words}\n\n`);
}

/** Without a line anybody in the network may have answered: somebody says here too that the words are the same. */
async function confirmWords(context: Context, words: string): Promise<boolean> {
  showWords(context, words);
  const { terminal } = context.output;
  return /^y/i.test((await terminal.ask('The same there? [y/N] ', { key: true })).trim());
}
