/** The daemon as the command line loads it: run until told to stop, or join a cluster before the first start. */
import type { EndOfTasks } from '../src/api/requests.ts';
import type { DaemonProgram } from '../src/settings/daemon-program.ts';
import { lockFolder } from '../src/settings/folder-lock.ts';
import { makePrivateFolder } from '../src/settings/private-folder.ts';
import { openBlobSeal } from './blob-seal.ts';
import { createDaemon } from './daemon.ts';
import { openHomeKeys } from './keys/home-keys.ts';
import { openLog } from './log/log.ts';
import { poolLittle, spareMemoryOnceSettled } from './spare-memory.ts';
import { systemRandomness } from './system-clock.ts';

export const runDaemon: DaemonProgram['runDaemon'] = async ({ paths, settings, passphrase, signal, ready }) => {
  for (const folder of [paths.home, paths.run, paths.logs]) makePrivateFolder(folder);
  using _lock = lockFolder(paths);
  const randomness = systemRandomness();
  const opened = openHomeKeys(paths, passphrase, { randomness });
  const blobSeal = openBlobSeal(paths, opened, randomness);
  using log = openLog({ file: paths.log, level: settings.logLevel });
  process.umask(0o077);
  poolLittle();
  const end = new AbortController();
  const stopped = AbortSignal.any([signal, end.signal]);
  const defects: unknown[] = [];
  const onDefect = (error: unknown): void => {
    defects.push(error);
    log.error('a defect ends the daemon', { error });
    end.abort('leave');
  };
  process.on('uncaughtException', onDefect);
  process.on('unhandledRejection', onDefect);
  try {
    const daemon = await createDaemon({ paths, keys: opened.files, blobSeal, settings, log, shutdown: (tasks) => end.abort(tasks) });
    await daemon.start();
    log.info('ready', { name: settings.name });
    ready();
    spareMemoryOnceSettled();
    if (!stopped.aborted) await new Promise((resolve) => stopped.addEventListener('abort', resolve, { once: true }));
    log.info('stopping');
    await daemon.settleTasks(tasksAfter(stopped.reason));
    await daemon.stop();
    log.info('stopped');
  } catch (error) {
    log.error('the daemon cannot run', { error });
    throw error;
  } finally {
    process.off('uncaughtException', onDefect);
    process.off('unhandledRejection', onDefect);
  }
  // Also to whoever started it: the log may be on the disk that is the cause.
  if (defects.length > 0) throw defects[0];
};

/** A service manager's SIGTERM may be an upgrade: what runs is left to the next daemon. Who types Ctrl-C wants the machine back. */
function tasksAfter(reason: unknown): EndOfTasks {
  return reason === 'end' || reason === 'SIGINT' ? 'end' : 'leave';
}

export { foundCluster, joinCluster, joinNearby, lookAround } from './join-cluster.ts';
