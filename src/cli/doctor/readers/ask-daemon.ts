/** What a daemon that runs here says, each answer waited for a little while only. */
import { createClient } from '../../../api/client.ts';
import type { PeerView, StatusView } from '../../../api/views.ts';
import { SupervmError } from '../../../model/errors.ts';
import type { Paths } from '../../../settings/paths.ts';
import { assertPrivateFolder } from '../../../settings/private-folder.ts';
import { deadline, now } from '../../clock.ts';
import type { DaemonReading } from '../checks/daemon.ts';

export interface DaemonSays {
  readonly answer: DaemonReading['answer'];
  readonly version: string | undefined;
  /** Resolves undefined without a daemon, or when it does not answer in time. */
  status(): Promise<StatusView | undefined>;
  peers(): Promise<readonly PeerView[] | undefined>;
}

const healthMs = 3000;
const statusMs = 4000;
const peersMs = 4500;

const nothing = async (): Promise<undefined> => undefined;

export function absentDaemon(answer: DaemonReading['answer'] = { kind: 'absent' }): DaemonSays {
  return { answer, version: undefined, status: nothing, peers: nothing };
}

export async function askDaemon(paths: Paths): Promise<DaemonSays> {
  const client = createClient({ socketPath: paths.socket });
  const before = now();
  try {
    // A socket outside the home folder is in /tmp, where others could put one of theirs.
    if (!paths.socket.startsWith(`${paths.home}/`)) assertPrivateFolder(paths.run);
    const { version } = await client.call('health', {}, deadline(healthMs));
    const answer = { kind: 'answers', tookMs: now() - before } as const;
    const status = once(() => client.call('status', {}, deadline(statusMs)));
    const peers = once(() => client.call('peers', {}, deadline(peersMs)));
    return { answer, version, status, peers };
  } catch (error) {
    if (!(error instanceof SupervmError)) return absentDaemon({ kind: 'silent', afterMs: healthMs });
    if (error.code === 'not-allowed') return absentDaemon({ kind: 'foreign', reason: error.message });
    return absentDaemon();
  }
}

function once<T>(ask: () => Promise<T>): () => Promise<T | undefined> {
  let asked: Promise<T | undefined> | undefined;
  return () => {
    asked ??= ask().catch(() => undefined);
    return asked;
  };
}
