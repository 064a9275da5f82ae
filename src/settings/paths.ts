/** Where one daemon keeps its files. */
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from './environment.ts';

export interface Paths {
  /** One folder of state, 0700. */
  readonly home: string;
  readonly nodeKey: string;
  readonly clusterKey: string;
  /** Absent on machines that cannot let others in. */
  readonly adminKey: string;
  /** The certificate of this machine, and the admin keys and removals that it knows. */
  readonly membership: string;
  /** Of the files of jobs, where they are or were encrypted. */
  readonly blobsKey: string;
  /** Is there where the files above are encrypted: what a passphrase makes of it opens them. */
  readonly encryption: string;
  /** The user's settings; the user's own to write. */
  readonly config: string;
  readonly records: string;
  readonly blobs: string;
  readonly work: string;
  readonly logs: string;
  /** JSON lines of the daemon, rotated. */
  readonly log: string;
  /** What the daemon printed before its log was open; `up` reads it when the daemon does not come up. */
  readonly startOutput: string;
  /** What was delivered into output folders, one file a job. */
  readonly deliveries: string;
  /** The user's own job types, one folder each; made by the user. */
  readonly jobTypes: string;
  /** 0700: whoever may open it may use the daemon. */
  readonly run: string;
  readonly socket: string;
  /** While HTTP over TCP is served: its address. */
  readonly httpAddress: string;
  /** Of the process that starts the tasks and keeps them while the daemon restarts. */
  readonly tasksSocket: string;
  readonly pid: string;
  readonly lock: string;
}

/** A unix socket's address holds 108 bytes, the last one a zero. */
export const longestSocketPath = 107;

/**
 * SUPERVM_HOME moves everything; else state is below XDG_STATE_HOME (`~/.local/state/supervm`) and the user's settings below XDG_CONFIG_HOME
 * (`~/.config/supervm`). Where `run/supervm.sock` would be longer than an address can be, the socket is in
 * `/tmp/supervm-<user id>-<digest of the home folder>/`: no variable decides it, so a shell, cron and a service manager agree.
 */
export function pathsOf(environment: Pick<Environment, 'home' | 'stateHome' | 'configHome' | 'userFolder' | 'userId'>): Paths {
  const home = environment.home === undefined ? join(stateFolder(environment), 'supervm') : resolve(environment.home);
  const config = environment.home === undefined ? join(configFolder(environment), 'supervm', 'config.json') : join(home, 'config.json');
  const run = runFolder(home, environment.userId);
  return {
    home,
    nodeKey: join(home, 'node.key'),
    clusterKey: join(home, 'cluster.key'),
    adminKey: join(home, 'admin.key'),
    membership: join(home, 'membership.json'),
    blobsKey: join(home, 'blobs.key'),
    encryption: join(home, 'encryption.json'),
    config,
    records: join(home, 'records.db'),
    blobs: join(home, 'blobs'),
    work: join(home, 'work'),
    logs: join(home, 'logs'),
    log: join(home, 'logs', 'daemon.log'),
    startOutput: join(home, 'logs', 'daemon.out'),
    deliveries: join(home, 'deliveries'),
    jobTypes: join(home, 'job-types'),
    run,
    socket: join(run, 'supervm.sock'),
    httpAddress: join(run, 'http.address'),
    tasksSocket: join(run, 'tasks.sock'),
    pid: join(home, 'daemon.pid'),
    lock: join(home, 'daemon.lock'),
  };
}

// The base directory specification: relative values are to be ignored.
function absolute(folder: string | undefined): string | undefined {
  return folder !== undefined && isAbsolute(folder) ? folder : undefined;
}

function stateFolder(environment: Pick<Environment, 'stateHome' | 'userFolder'>): string {
  return absolute(environment.stateHome) ?? join(environment.userFolder, '.local', 'state');
}

function configFolder(environment: Pick<Environment, 'configHome' | 'userFolder'>): string {
  return absolute(environment.configHome) ?? join(environment.userFolder, '.config');
}

function runFolder(home: string, userId: number): string {
  const folder = join(home, 'run');
  if (Buffer.byteLength(join(folder, 'supervm.sock')) <= longestSocketPath) return folder;
  // Asked for only here: loading node:crypto costs every command some milliseconds.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return `/tmp/supervm-${userId}-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`;
}
