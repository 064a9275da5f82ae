/** join */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SupervmError } from '../../model/errors.ts';
import { flagWords } from '../../settings/flag-words.ts';
import type { Context, Exit } from '../context.ts';
import { type DaemonFlags, daemonSettings } from '../daemon-flags.ts';
import { isRunning, startDaemon, stopDaemon } from '../daemon-process.ts';
import { assertNotToEncrypt, type EncryptFlag, homePassphrase } from '../passphrase.ts';
import { joined, loadDaemonProgram, showUp, showWords } from './up.ts';

export interface JoinOptions extends EncryptFlag {
  readonly file?: string;
  /** False with --no-start. */
  readonly start?: boolean;
}

/** The line is a secret and so never an argument, where every user of the machine could read it. */
export async function join(context: Context, options: JoinOptions & DaemonFlags): Promise<Exit> {
  const { paths, output } = context;
  const settings = daemonSettings(context, options);
  const line = await readLine(context, options.file);
  const wasRunning = await isRunning(context);
  if (wasRunning) {
    assertNotToEncrypt(context, options.encrypt);
    await assertAlone(context);
  }
  const passphrase = await homePassphrase(context, settings, options.encrypt);
  if (wasRunning) await stopDaemon(context, 'end');
  const program = await loadDaemonProgram();
  let cluster: string;
  try {
    ({ cluster } = await program.joinCluster({
      ...{ paths, settings, line, signal: context.signal, passphrase: passphrase?.text },
      waiting: (words) => showWords(context, words),
    }));
  } catch (error) {
    if (wasRunning) await startDaemon(context, flagWords(settings), passphrase);
    throw error;
  }
  if (options.start === false) {
    output.show({ human: () => `This machine belongs to the cluster ${cluster} now. Start it: supervm up`, json: { cluster }, quiet: cluster });
    return 0;
  }
  await startDaemon(context, flagWords(settings), passphrase);
  await showUp(context, joined);
  return 0;
}

async function readLine({ output, workingFolder }: Context, file: string | undefined): Promise<string> {
  const { terminal } = output;
  const read = async (): Promise<string> => {
    if (file !== undefined && file !== '-') return readFile(resolve(workingFolder, file));
    return file === undefined && terminal.canAsk ? terminal.ask('Paste the line that `supervm invite` printed: ') : terminal.read();
  };
  const line = (await read()).trim();
  if (line === '')
    throw new SupervmError('usage', 'There is no invitation.', 'On a machine of the cluster: supervm invite. Here: supervm join, and paste the line.');
  return line;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SupervmError('file-missing', `${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** A cluster of one without jobs is nobody's loss; everything else is. */
async function assertAlone(context: Context): Promise<void> {
  const client = context.client();
  const [view, jobs] = [await client.call('status'), await client.call('jobs')];
  if (view.nodes.length > 1)
    throw new SupervmError(
      'cluster-exists',
      `This machine belongs to a cluster of ${view.nodes.length} nodes.`,
      'Use another home folder (SUPERVM_HOME) to run a node of a second cluster here.',
    );
  if (jobs.length > 0)
    throw new SupervmError(
      'cluster-exists',
      `This machine has a cluster of its own with ${jobs.length === 1 ? 'a job' : `${jobs.length} jobs`} in it.`,
      'Jobs do not move between clusters. Start the daemon on a new home folder (SUPERVM_HOME) and join with that.',
    );
}
