/** up, daemon */
import type { StatusView } from '../../api/views.ts';
import { SupervmError } from '../../model/errors.ts';
import type { DaemonProgram } from '../../settings/daemon-program.ts';
import { flagWords } from '../../settings/flag-words.ts';
import { programFile } from '../../settings/program-files.ts';
import { pause } from '../clock.ts';
import { concernsOf } from '../concerns.ts';
import type { Context, Exit } from '../context.ts';
import { type DaemonFlags, daemonSettings } from '../daemon-flags.ts';
import { isRunning, startDaemon } from '../daemon-process.ts';
import { printable } from '../output/style.ts';
import { bytesText, coresText, countText } from '../output/units.ts';
import { readVersion } from '../version.ts';

/** A new daemon needs a moment to elect a coordinator, alone or with the others. */
const electionLooks = 40;
const lookMs = 100;

export async function up(context: Context, flags: DaemonFlags): Promise<Exit> {
  const settings = daemonSettings(context, flags);
  const before = await isRunning(context);
  if (!before) await startDaemon(context, flagWords(settings));
  await showUp(context, before ? 'was up already' : 'is up');
  return 0;
}

export async function showUp(context: Context, what: string): Promise<void> {
  const view = await electedStatus(context);
  const self = view.nodes.find((node) => node.self);
  const others = view.nodes.filter((node) => !node.self && node.reachability === 'alive').map((node) => printable(node.name));
  const { totals } = view;
  context.output.show({
    human: (style) =>
      [
        `${style.bold(printable(self?.name ?? view.node))} ${what}${others.length === 0 ? '' : `, together with ${others.join(', ')}`}: ${countText(totals.nodes, 'node')}, ${coresText(totals.cores)} cores, ${bytesText(totals.memoryBytes)} memory.`,
        `On the next machine: ${style.bold('supervm join')}, and paste the line that ${style.bold('supervm invite')} prints here.`,
        `Then on any of them: ${style.bold('supervm render scene.blend')}. To stop: supervm down`,
      ].join('\n'),
    json: view,
    quiet: self?.name ?? view.node,
  });
  const concerns = concernsOf(view, readVersion());
  if (concerns.length > 0) context.output.warn(`${concerns.join('; ')}.`, 'supervm doctor says more.');
}

async function electedStatus(context: Context): Promise<StatusView> {
  const client = context.client();
  let view = await client.call('status');
  for (let look = 0; view.coordinator === undefined && look < electionLooks && !context.signal.aborted; look += 1) {
    await pause(lookMs, context.signal);
    view = await client.call('status');
  }
  return view;
}

/** In the foreground, for service managers. SIGINT and SIGTERM stop it cleanly; SIGTERM leaves its tasks to the next daemon. */
export async function daemon(context: Context, flags: DaemonFlags): Promise<Exit> {
  const settings = daemonSettings(context, flags);
  const program = await loadDaemonProgram();
  await program.runDaemon({
    paths: context.paths,
    settings,
    signal: context.signal,
    ready: () => context.output.say(`supervm daemon ${settings.name} is ready (pid ${process.pid}); its log: ${context.paths.log}`),
  });
  return 0;
}

export async function loadDaemonProgram(): Promise<DaemonProgram> {
  const program = (await import(programFile('daemon/main.ts'))) as Partial<DaemonProgram>;
  if (program.runDaemon === undefined || program.joinCluster === undefined) throw new SupervmError('internal', 'This installation has no daemon.');
  return { runDaemon: program.runDaemon, joinCluster: program.joinCluster };
}
