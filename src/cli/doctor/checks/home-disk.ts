/** Is the home folder on a disk that keeps what it is told, quickly and with room? Pure. */
import type { DiskLook, WriteLook } from '../../../settings/daemon-checks.ts';
import { bytesText } from '../../output/units.ts';
import { check, type Finding } from '../finding.ts';

export interface HomeDiskReading {
  readonly home: string;
  readonly disk: DiskLook;
  /** Undefined while there is no home folder. */
  readonly write: WriteLook | undefined;
  /** Text of /proc/self/mountinfo; undefined where there is none. */
  readonly mounts: string | undefined;
}

const slowMs = 200;
/** Submissions are refused below this much (DESIGN: 64 MiB are left for records). */
const leastBytes = 64 * 2 ** 20;
const fewBytes = 2 * 2 ** 30;
const fewFiles = 10_000;
const network = /^(nfs\d?|cifs|smb3?|smbfs|9p|afs|ceph|glusterfs|lustre|beegfs|fuse\.(sshfs|glusterfs|rclone|s3fs|davfs2?|gvfsd-fuse)|davfs|virtiofs)$/;

export function checkHomeDisk(reading: HomeDiskReading): readonly Finding[] {
  return [ofMount(reading), ofWriting(reading), ofRoom(reading)];
}

/** Nothing at all was told of it in time. */
export function silentDisk(home: string): Finding {
  return check('folders', 'home').failing(`the disk of ${home} gives no answer`, {
    cause: 'It is on a server that is out of reach, or the disk or its cable is broken. Whatever touches it waits.',
    advice: 'See what the kernel says, and which file systems do not answer:',
    commands: ['sudo dmesg | tail', 'cat /proc/mounts'],
  });
}

function ofMount({ disk, mounts }: HomeDiskReading): Finding {
  const { ok, none, warning, failing } = check('folders', 'file-system');
  const mount = mounts === undefined ? undefined : mountOf(disk.place, mounts);
  if (mount === undefined) return none('this system does not tell what file systems are mounted');
  if (mount.readOnly)
    return failing(`${mount.place} (${mount.type}) can only be read`, {
      cause: 'A disk is mounted so by choice, or by the kernel after it has met errors on it.',
      advice: 'Look at what the kernel said, then mount it anew:',
      commands: ['sudo dmesg | tail', `sudo mount -o remount,rw '${mount.place}'`],
    });
  if (network.test(mount.type))
    return warning(`the home folder is on a network file system (${mount.type} at ${mount.place})`, {
      cause: 'Locks and fsync are not to be relied on there: two daemons could use one folder, and what was acknowledged could be lost.',
      advice: 'Move it to a disk of this machine, in all places that start supervm:',
      commands: ['export SUPERVM_HOME=/var/tmp/supervm-$USER'],
    });
  return ok(`${mount.type} at ${mount.place}`);
}

function ofWriting({ home, write }: HomeDiskReading): Finding {
  const { ok, none, warning, failing } = check('folders', 'fsync');
  if (write === undefined) return none('nothing to write to yet');
  if (write.error !== undefined)
    return failing(`nothing can be written into ${home}: ${write.error}`, {
      cause: causes[write.error] ?? 'The disk refuses to write.',
      advice: 'Look at the disk:',
      commands: [`df -h '${home}'`, `ls -ld '${home}'`],
    });
  const tookMs = write.tookMs ?? 0;
  if (tookMs <= slowMs) return ok(`a write is on the disk after ${tookMs} ms`);
  return warning(`a write is on the disk only after ${tookMs} ms`, {
    cause: 'Every acknowledgement waits for the disk, so submissions and results are slow on this machine. Another program may keep the disk busy just now.',
    advice: 'Run this again when the machine is quiet; if it stays so, move the home folder to a quicker disk by SUPERVM_HOME.',
  });
}

const causes: { readonly [code: string]: string } = {
  'no answer': 'The disk takes what is written and does not say that it has it: it is broken, frozen, or very busy.',
  EROFS: 'The file system can only be read.',
  ENOSPC: 'The disk is full.',
  EDQUOT: "The user's share of the disk is used up.",
  EACCES: 'The folder belongs to another user.',
  EPERM: 'The folder belongs to another user, or is marked as not to be changed.',
};

function ofRoom({ disk: { place, freeBytes, totalBytes, freeFiles, totalFiles } }: HomeDiskReading): Finding {
  const { ok, warning, failing } = check('disk', 'disk-space');
  const free = `${bytesText(freeBytes)} of ${bytesText(totalBytes)} free`;
  const advice = 'Make room; jobs that are done can be removed on every machine at once:';
  const commands = [`df -h '${place}'`, 'supervm jobs', 'supervm rm JOB'];
  if (freeBytes < leastBytes)
    return failing(`the disk of ${place} is full: ${free}`, { cause: 'supervm takes no more jobs and no more results on this machine.', advice, commands });
  if (freeBytes < fewBytes)
    return warning(`the disk of ${place} is nearly full: ${free}`, { cause: 'Scenes, textures and results of jobs are stored there.', advice, commands });
  if (totalFiles > 0 && freeFiles < fewFiles)
    return warning(`the file system of ${place} has room for ${freeFiles} more files only`, {
      cause: 'Each stored file of a job takes one, whatever its size.',
      advice,
      commands: [`df -i '${place}'`, ...commands.slice(1)],
    });
  return ok(free);
}

/** The mount that a path is on: the longest that holds it, of equal ones the last. */
function mountOf(path: string, mounts: string): { readonly place: string; readonly type: string; readonly readOnly: boolean } | undefined {
  let best: { readonly place: string; readonly type: string; readonly readOnly: boolean } | undefined;
  for (const line of mounts.split('\n')) {
    const [before = '', after] = line.split(' - ');
    const [, , , , escaped, options = ''] = before.split(' ');
    const [type, , superOptions = ''] = after?.split(' ') ?? [];
    if (escaped === undefined || type === undefined) continue;
    const place = escaped.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
    const holds = place === '/' || path === place || path.startsWith(`${place}/`);
    const readOnly = [...options.split(','), ...superOptions.split(',')].includes('ro');
    if (holds && place.length >= (best?.place.length ?? 0)) best = { place, type, readOnly };
  }
  return best;
}
