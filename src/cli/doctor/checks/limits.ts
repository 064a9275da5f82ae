/** Does the system let one program open enough files and start enough processes? Pure. */
import { check, type Finding } from '../finding.ts';
import { asRoot, type System } from '../system.ts';

export interface LimitsReading {
  /** /proc/PID/limits of the daemon, or of ourselves. */
  readonly limits: string | undefined;
  readonly ofDaemon: boolean;
  /** fs.inotify.max_user_watches */
  readonly watches: number | undefined;
  readonly user: string;
  readonly system: Pick<System, 'root'>;
}

const leastFiles = 4096;
const fewFiles = 1024;
const leastProcesses = 1024;
const leastWatches = 8192;

export function checkLimits(reading: LimitsReading): readonly Finding[] {
  return [ofFiles(reading), ofProcesses(reading), ofWatches(reading)];
}

function raise(user: string, item: string, value: number, system: Pick<System, 'root'>): readonly string[] {
  return [`echo '${user} - ${item} ${value}' | ${asRoot(system, 'tee -a /etc/security/limits.d/60-supervm.conf')}`, 'supervm restart'];
}

function ofFiles({ limits, user, system }: LimitsReading): Finding {
  const { ok, none, warning, failing } = check('limits', 'open-files');
  // Node raises its own limit to the hard one.
  const most = limitOf(limits, 'Max open files');
  if (most === undefined) return none('this system does not tell');
  const remedy = {
    cause: 'Every connection, every stored file that is read and every task takes some.',
    advice: 'Raise the limit, log in anew, then restart the daemon:',
    commands: raise(user, 'nofile', 65_536, system),
  };
  if (most < fewFiles) return failing(`only ${most} files may be open at once`, remedy);
  if (most < leastFiles) return warning(`only ${most} files may be open at once`, remedy);
  return ok(`${numberText(most)} may be open at once`);
}

function ofProcesses({ limits, user, system }: LimitsReading): Finding {
  const { ok, none, warning } = check('limits', 'processes');
  const most = limitOf(limits, 'Max processes');
  if (most === undefined) return none('this system does not tell');
  if (most >= leastProcesses) return ok(`${numberText(most)} processes and threads`);
  return warning(`only ${most} processes and threads`, {
    cause: 'Blender alone starts some for every core; tasks fail when the limit is met.',
    advice: 'Raise the limit, log in anew, then restart the daemon:',
    commands: raise(user, 'nproc', 8192, system),
  });
}

function ofWatches({ watches, system }: LimitsReading): Finding {
  const { ok, none, warning } = check('limits', 'inotify');
  if (watches === undefined) return none('this system has no inotify');
  if (watches >= leastWatches) return ok(`${numberText(watches)} files can be watched`);
  return warning(`only ${watches} files can be watched`, {
    cause: 'Programs that follow folders while they change miss some.',
    advice: 'Raise the limit:',
    commands: [asRoot(system, 'sysctl -w fs.inotify.max_user_watches=524288')],
  });
}

/** The hard limit. */
function limitOf(limits: string | undefined, name: string): number | undefined {
  const line = limits?.split('\n').find((text) => text.startsWith(name));
  const [, hard] = /^\s+\S+\s+(\S+)/.exec(line?.slice(name.length) ?? '') ?? [];
  if (hard === undefined) return undefined;
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

function numberText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? 'any number of' : String(value);
}
