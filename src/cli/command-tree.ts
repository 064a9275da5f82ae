/** All commands. Their code is loaded when they run, so that `status` pays for itself alone. */
import { Command } from 'commander';
import type { Manifest } from '../plugin/manifest.ts';
import { addAccessCommands } from './access-commands.ts';
import type { Context, Exit, Run } from './context.ts';
import { addDaemonFlags, type DaemonFlags, encryptSummary } from './daemon-flags.ts';
import { addJobTypeCommand } from './job-type-command.ts';
import { addMachineCommands } from './machine-commands.ts';
import type { EncryptFlag } from './passphrase.ts';

export interface Tree {
  readonly root: Command;
  /** What the chosen command ended with; after `root.parseAsync`. */
  exit(): Exit;
}

/** Words that need no manifest to be understood. */
export const ownCommands: readonly string[] = [
  'up',
  'down',
  'restart',
  'daemon',
  'status',
  'nodes',
  'node',
  'jobs',
  'job',
  'logs',
  'wait',
  'get',
  'cancel',
  'rm',
  'retry',
  'pause',
  'resume',
  'why',
  'invite',
  'join',
  'recover',
  'passphrase',
  'cluster',
  'api',
  'login',
  'token',
  'secret',
  'audit',
  'doctor',
  'explain',
];

export interface TreeOptions {
  readonly version: string;
  readonly manifests: readonly Manifest[];
  /** Made when a command runs: it depends on the flags. */
  context(flags: { readonly json?: boolean; readonly quiet?: boolean }): Context;
}

export function buildTree(options: TreeOptions): Tree {
  let exit: Exit = 0;
  // Before any subcommand is made, because they copy it.
  const root = new Command('supervm').exitOverride().configureOutput({ writeErr: () => undefined });
  root
    .description('The machines you already own, as one computer.')
    .version(options.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'print only what a script would want')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError(true);
  const run = async (work: (context: Context) => Promise<Exit>): Promise<void> => {
    exit = await work(options.context(root.opts()));
  };
  addDaemonCommands(root, run);
  addLookingCommands(root, run);
  addAccessCommands(root, run);
  for (const manifest of options.manifests) addJobTypeCommand(root, manifest, run);
  addJobCommands(root, run);
  return { root, exit: () => exit };
}

function addDaemonCommands(root: Command, run: Run): void {
  addDaemonFlags(
    root
      .command('up')
      .summary('start the daemon on this machine')
      .description('Starts the daemon in the background and waits until it is ready.')
      .option('--encrypt', encryptSummary),
  ).action((flags: DaemonFlags & EncryptFlag) => run(async (context) => (await import('./commands/up.ts')).up(context, flags)));
  root
    .command('down')
    .summary('stop the daemon once its tasks have ended')
    .description(
      'Stops the daemon on this machine. It takes no new tasks and waits until those that run have ended and their results are kept; Ctrl-C ends the waiting, and the daemon goes on as before.',
    )
    .option('--now', 'do not wait: what runs is ended and goes back to the cluster')
    .option('--timeout <SECONDS>', 'stop waiting after that long, with exit code 6; the daemon goes on')
    .action((flags: { readonly now?: boolean; readonly timeout?: string }) =>
      run(async (context) => (await import('./commands/down.ts')).down(context, flags)),
    );
  root
    .command('restart')
    .summary('restart the daemon while its tasks run on')
    .description('Stops the daemon and starts it again with the same settings, for example after an upgrade. Its tasks run on meanwhile.')
    .option('--passphrase-file <FILE>', 'of encrypted keys; without one it is asked for before the daemon is stopped')
    .action((flags: { readonly passphraseFile?: string }) => run(async (context) => (await import('./commands/down.ts')).restart(context, flags)));
  addDaemonFlags(
    root
      .command('daemon')
      .summary('run the daemon in the foreground')
      .description('Runs the daemon in the foreground, for service managers.')
      .option('--encrypt', encryptSummary),
  ).action((flags: DaemonFlags & EncryptFlag) => run(async (context) => (await import('./commands/up.ts')).daemon(context, flags)));
  addMachineCommands(root, run);
}

function addLookingCommands(root: Command, run: Run): void {
  root
    .command('status')
    .summary('the cluster at a glance')
    .description('Shows the cluster at a glance.')
    .action(() => run(async (context) => (await import('./commands/show-cluster.ts')).status(context)));
  root
    .command('nodes')
    .summary('every node and what it has')
    .description('Lists the nodes and what they have.')
    .action(() => run(async (context) => (await import('./commands/show-cluster.ts')).nodes(context)));
  const node = root.command('node').summary('pause a node, take it up again, remove or forget it').description('Changes one node.');
  for (const [name, paused, summary] of [
    ['pause', true, 'give a node no new tasks'],
    ['unpause', false, 'give it tasks again'],
  ] as const) {
    node
      .command(name)
      .argument('[NODE]', 'name or id; this machine by default')
      .summary(summary)
      .description(`Tells the coordinator to ${summary}.`)
      .action((text: string | undefined) => run(async (context) => (await import('./commands/show-cluster.ts')).pauseNode(context, text, paused)));
  }
  node
    .command('remove')
    .argument('<NODE>', 'name or id of a machine')
    .option('--yes', 'do not ask')
    .summary('expel a machine for ever')
    .description('Takes a machine out of the cluster: its connections are cut at once, its tasks go to the others, and it is not let in again.')
    .action((text: string, flags: object) => run(async (context) => (await import('./commands/remove-node.ts')).removeNode(context, text, flags)));
  node
    .command('forget')
    .argument('<NODE>', 'name or id of a machine that will not return')
    .summary('vote without a machine that will not return')
    .description('Takes a machine that will not return off the list of voters, so that a majority of the others is enough again.')
    .option('--yes', 'do not ask')
    .option('--accept-loss', 'though most voters are lost, and what was settled could be undone; does not ask')
    .action((text: string, flags: object) => run(async (context) => (await import('./commands/show-cluster.ts')).forgetNode(context, text, flags)));
  root
    .command('api')
    .argument('<PATH>', 'e.g. status, or jobs/JOB/events, or /api/super-vm/metrics')
    .summary('call the HTTP API of the daemon here')
    .description('Calls the HTTP API of the daemon on this machine and prints what it answers, as JSON. Streams are printed a line an event.')
    .option('--method <METHOD>', 'GET or POST (default: POST with --input, else GET)')
    .option('--input <FILE>', 'file with the body, in JSON; - is standard input')
    .option('--curl', 'print the line for curl instead')
    .option('--tcp', 'with --curl: over TCP, with the token in the variable SUPERVM_TOKEN')
    .action((path: string, flags: object) => run(async (context) => (await import('./commands/api.ts')).api(context, path, flags)));
  root
    .command('login')
    .summary('a one-time code that opens a session for a browser')
    .description('Prints a code that a browser exchanges for a session, once and within a minute.')
    .option('--role <ROLE>', 'what the session may: viewer, user or admin (default: admin)')
    .action((flags: { readonly role?: string }) => run(async (context) => (await import('./commands/api.ts')).loginCode(context, flags)));
  root
    .command('doctor')
    .summary('what is wrong with this machine, and how to put it right')
    .description(
      'Looks at everything supervm needs on this machine and on the way to the others, with a daemon or without: what was found, why it matters, and what to type. Ends with 1 when a check is failing.',
    )
    .option('--fix', "repair what can be repaired safely: supervm's own files; asks before it changes the system")
    .option('--yes', 'with --fix: do not ask')
    .action((flags: { readonly fix?: boolean; readonly yes?: boolean }) =>
      run(async (context) => (await import('./commands/doctor.ts')).doctor(context, flags)),
    );
  root
    .command('explain')
    .argument('[CODE]', 'an error code')
    .summary('what an error code means')
    .description('Explains an error code, or lists them all with their exit codes.')
    .action((code: string | undefined) => run(async (context) => (await import('./commands/explain.ts')).explain(context, code)));
}

function addJobCommands(root: Command, run: Run): void {
  const ofJob = (name: string, summary: string): Command =>
    root
      .command(name)
      .argument('<JOB>', 'id of the job, or its unambiguous beginning')
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`);
  root
    .command('jobs')
    .summary('list jobs')
    .description('Lists all jobs, the latest first.')
    .option('--phase <PHASE>', 'only jobs that are active, paused, succeeded, partly-failed, failed or cancelled')
    .action((flags: { readonly phase?: string }) => run(async (context) => (await import('./commands/show-jobs.ts')).jobs(context, flags)));
  ofJob('job', 'one job in full')
    .option('--results', 'its results: who made them, how long it took, which files')
    .action((id: string, flags: { readonly results?: boolean }) => run(async (context) => (await import('./commands/show-jobs.ts')).job(context, id, flags)));
  ofJob('logs', 'what the attempts of a job said')
    .argument('[TASK]', 'only tasks whose name contains this, e.g. frame=12')
    .option('--raw', 'as it was printed, control characters included; not onto a terminal')
    .action((id: string, task: string | undefined, flags: { readonly raw?: boolean }) =>
      run(async (context) => (await import('./commands/show-jobs.ts')).logs(context, id, task, flags)),
    );
  ofJob('why', 'why a job waits or failed, and what to do').action((id: string) =>
    run(async (context) => (await import('./commands/show-jobs.ts')).why(context, id)),
  );
  ofJob('wait', 'follow a job to its end; Ctrl-C leaves it running')
    .option('--timeout <SECONDS>', 'stop waiting after that long, with exit code 6')
    .action((id: string, flags: { readonly timeout?: string }) => run(async (context) => (await import('./commands/wait.ts')).wait(context, id, flags)));
  ofJob('get', 'write the results of a job into a folder of this machine')
    .option('-o, --output <FOLDER>', 'where to write them (default: NAME-JOB here)')
    .option('--overwrite', 'replace files that exist')
    .option('--skip-existing', 'leave files that exist as they are')
    .action((id: string, flags: object) => run(async (context) => (await import('./commands/change-jobs.ts')).get(context, id, flags)));
  ofJob('cancel', 'end a job').action((id: string) => run(async (context) => (await import('./commands/change-jobs.ts')).cancel(context, id)));
  root
    .command('rm')
    .argument('<JOB...>', 'ids of jobs, or their unambiguous beginnings')
    .option('--force', 'cancel those that have not ended first')
    .summary('forget ended jobs for ever')
    .description('Removes jobs for ever: their facts, files and logs on every node. What is in output folders stays.')
    .action((ids: readonly string[], flags: { readonly force?: boolean }) =>
      run(async (context) => (await import('./commands/remove.ts')).remove(context, ids, flags)),
    );
  ofJob('retry', 'run again the tasks of an ended job that have no result').action((id: string) =>
    run(async (context) => (await import('./commands/change-jobs.ts')).retry(context, id)),
  );
  ofJob('pause', 'start no more tasks of a job').action((id: string) =>
    run(async (context) => (await import('./commands/change-jobs.ts')).setPaused(context, id, true)),
  );
  ofJob('resume', 'take a paused job up again').action((id: string) =>
    run(async (context) => (await import('./commands/change-jobs.ts')).setPaused(context, id, false)),
  );
}
