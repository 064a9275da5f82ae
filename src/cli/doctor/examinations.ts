/** Every check with what it reads of the machine. The judging is in checks/, the reading in readers/. */
import type { HomeLook } from '../../settings/daemon-checks.ts';
import { longestSocketPath } from '../../settings/paths.ts';
import { packageFolder } from '../../settings/program-files.ts';
import { wall } from '../clock.ts';
import { checkDaemon } from './checks/daemon.ts';
import { checkDaemonLog } from './checks/daemon-log.ts';
import { checkFolders } from './checks/folders.ts';
import { checkGpu } from './checks/gpu.ts';
import { checkHomeDisk, silentDisk } from './checks/home-disk.ts';
import { clusterProblems } from './checks/identity.ts';
import { checkLimits } from './checks/limits.ts';
import { checkPrograms } from './checks/programs.ts';
import { checkBlobs, checkRecords } from './checks/records.ts';
import { checkRuntime } from './checks/runtime.ts';
import { checkGroups, checkSandbox } from './checks/sandbox.ts';
import { checkSleep } from './checks/sleep.ts';
import { checkSocketPath } from './checks/socket-path.ts';
import { checkTimeService } from './checks/time-service.ts';
import { checkVersions } from './checks/versions.ts';
import type { Examination } from './examine.ts';
import type { Finding, Group } from './finding.ts';
import type { Machine } from './machine.ts';
import { networkExaminations } from './network-examinations.ts';
import { startDiskCheck } from './readers/disk-words.ts';
import { hasSystemd, isContainer, processNames, readText } from './readers/files.ts';
import { readGroups } from './readers/groups.ts';
import { readGpu, readSleep } from './readers/hardware.ts';
import { readPrograms } from './readers/programs.ts';
import { findProgram } from './readers/run-program.ts';

const limitMs = 6000;
/** The daemon waits for other machines. */
const slowLimitMs = 8000;
const recordsMs = 4000;
const blobsMs = 4000;

const of = (group: Group, name: string, look: () => Promise<readonly Finding[]>, limit = limitMs): Examination => ({ group, name, limitMs: limit, look });

export function examinationsOf(machine: Machine, version: string): readonly Examination[] {
  const { paths, system, userId, user } = machine;
  return [
    of('runtime', 'runtime', async () => checkRuntime(readRuntime(machine))),
    of('runtime', 'versions', () => versions(machine, version), slowLimitMs),
    of('folders', 'socket', async () => checkSocketPath({ path: paths.socket, home: paths.home, longest: longestSocketPath })),
    ...(machine.home === undefined ? [of('folders', 'home', async () => [silentDisk(paths.home)])] : ofHome(machine, machine.home)),
    ...networkExaminations(machine),
    of('clock', 'time-service', async () => checkTimeService(readTime(machine))),
    of('programs', 'programs', () => programs(machine), slowLimitMs),
    of('gpu', 'gpu', async () => checkGpu({ ...(await readGpu()), platform: process.platform, user, system })),
    of('sandbox', 'sandbox', () => sandbox(machine), slowLimitMs),
    of('sandbox', 'cgroup', async () => checkGroups({ ...readGroups(process.platform, userId), trial: await machine.sandbox() }), slowLimitMs),
    of('power', 'sleep', async () => checkSleep({ ...readSleep(), system })),
    of('limits', 'limits', () => limits(machine)),
  ];
}

function ofHome(machine: Machine, home: HomeLook): readonly Examination[] {
  return [
    of('folders', 'folders', () => folders(machine, home)),
    of('daemon', 'daemon', () => daemon(machine, home)),
    of('daemon', 'daemon-log', () => daemonLog(machine)),
    of('disk', 'records', () => records(machine, home)),
    of('disk', 'blobs', async () => checkBlobs(await startDiskCheck(['blobs', machine.paths.blobs], blobsMs).word('blobs'))),
  ];
}

function readRuntime({ system }: Machine): Parameters<typeof checkRuntime>[0] {
  const { version: node, execPath: path, platform, arch: architecture } = process;
  return {
    node,
    path,
    bundled: path.startsWith(`${packageFolder()}/`) || /\/node_modules\/node-linux-/.test(path),
    platform,
    architecture,
    system: system.name,
  };
}

async function versions(machine: Machine, ours: string): Promise<readonly Finding[]> {
  const says = await machine.daemon();
  const status = await says.status();
  const nodes = (status?.nodes ?? []).filter((node) => !node.self && node.reachability === 'alive');
  return checkVersions({ ours, daemon: says.version, nodes });
}

async function folders({ disk: telling, paths, userId }: Machine, home: HomeLook): Promise<readonly Finding[]> {
  const looks = await telling.word('folders');
  const disk = await telling.word('disk');
  if (looks === undefined || disk === undefined) return [silentDisk(paths.home)];
  const write = (await telling.word('write'))?.write ?? (home.exists ? { error: 'no answer' } : undefined);
  return [
    ...checkFolders({ home: paths.home, looks: looks.folders, userId }),
    ...checkHomeDisk({ home: paths.home, disk: disk.disk, write, mounts: readText('/proc/self/mountinfo') }),
  ];
}

async function daemon({ daemon: ask, holder, paths }: Machine, { pid, left }: HomeLook): Promise<readonly Finding[]> {
  const { answer } = await ask();
  return checkDaemon({
    home: paths.home,
    log: paths.log,
    answer,
    holder: typeof holder === 'number' ? holder : undefined,
    pid,
    // Where nobody can tell who holds the folder, nothing is called left behind.
    leftovers: holder === 'nobody' ? left : [],
  });
}

async function daemonLog({ daemon: ask, disk, paths }: Machine): Promise<readonly Finding[]> {
  const [{ answer }, log] = await Promise.all([ask(), disk.word('log')]);
  return checkDaemonLog({ file: paths.log, tail: log?.tail, running: answer.kind !== 'absent', now: wall() });
}

function readTime({ system }: Machine): Parameters<typeof checkTimeService>[0] {
  return { processes: processNames(), container: isContainer(), systemd: hasSystemd(), platform: process.platform, system };
}

async function records({ daemon: ask, holder, paths }: Machine, { records: exists }: HomeLook): Promise<readonly Finding[]> {
  const says = await ask();
  const status = await says.status();
  const problems = status?.durability.problems.filter(({ code }) => !clusterProblems.includes(code));
  // Beside a daemon that is silent nobody else should read, for that could be what holds it up.
  const mayLook = problems === undefined && exists && holder === 'nobody';
  const told = mayLook ? await startDiskCheck(['records', paths.records], recordsMs).word('records') : undefined;
  return checkRecords({ file: paths.records, log: paths.log, exists, problems, faults: mayLook ? (told?.faults ?? 'late') : undefined });
}

async function programs({ daemon: ask, settings, system }: Machine): Promise<readonly Finding[]> {
  const status = await (await ask()).status();
  const found = await readPrograms(status?.nodes.find((node) => node.self)?.inventory.programs, settings.without);
  return checkPrograms({ found, platform: process.platform, system, without: settings.without });
}

async function sandbox({ sandbox: told, system }: Machine): Promise<readonly Finding[]> {
  const names = ['kernel.unprivileged_userns_clone', 'user.max_user_namespaces', 'kernel.apparmor_restrict_unprivileged_userns'];
  const settings = Object.fromEntries(
    names.flatMap((name) => {
      const value = readText(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim();
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return checkSandbox({
    platform: process.platform,
    trial: await told(),
    bubblewrap: findProgram('bwrap') !== undefined,
    settings,
    container: isContainer(),
    system,
  });
}

async function limits({ daemon: ask, holder, user, system }: Machine): Promise<readonly Finding[]> {
  const { answer } = await ask();
  const ofDaemon = answer.kind === 'answers' && typeof holder === 'number' && holder > 0 ? readText(`/proc/${holder}/limits`) : undefined;
  const watches = Number.parseInt(readText('/proc/sys/fs/inotify/max_user_watches') ?? '', 10);
  return checkLimits({
    limits: ofDaemon ?? readText('/proc/self/limits'),
    ofDaemon: ofDaemon !== undefined,
    watches: Number.isNaN(watches) ? undefined : watches,
    user,
    system,
  });
}
