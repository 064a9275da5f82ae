/** Where this process may make control groups: below its own group, or above where nothing is limited on the way, so that no limit is ever escaped. */
import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const wanted = ['memory', 'pids', 'cpu', 'cpuset'] as const;
export type Controller = (typeof wanted)[number];

/** A folder of ours in one hierarchy; below it each session has a group. */
export interface GroupPlace {
  readonly version: 1 | 2;
  readonly folder: string;
  readonly controllers: readonly Controller[];
}

interface Mount {
  readonly version: 1 | 2;
  readonly point: string;
  /** What of the hierarchy is mounted there. */
  readonly root: string;
  readonly controllers: readonly string[];
}

const ownName = 'supervm';

/** Of what the machine permits; each place was tried. */
export function findGroupPlaces(): readonly GroupPlace[] {
  const own = ownPaths(read('/proc/self/cgroup') ?? '');
  return cgroupMounts(read('/proc/self/mountinfo') ?? '').flatMap((mount) => {
    const path = own.find(
      ({ version, controllers }) => version === mount.version && (version === 2 || controllers.some((one) => mount.controllers.includes(one))),
    );
    if (path === undefined) return [];
    const place = mount.version === 2 ? placeIn2(mount, folderOf(mount, path.path)) : placeIn1(mount, folderOf(mount, path.path));
    return place === undefined ? [] : [place];
  });
}

function cgroupMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap((line): Mount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, point] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (root === undefined || point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    return [{ version: type === 'cgroup' ? 1 : 2, point, root, controllers: options.split(',') }];
  });
}

/** Lines of /proc/self/cgroup: `4:memory:/path` for version 1, `0::/path` for version 2. */
function ownPaths(text: string): readonly { readonly version: 1 | 2; readonly controllers: readonly string[]; readonly path: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, number, names, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) return [];
    return [{ version: number === '0' && names === '' ? (2 as const) : (1 as const), controllers: names.split(','), path }];
  });
}

/** In a container often only the end of a path is mounted, or the path is told from another root. */
function folderOf({ point, root }: Mount, path: string): string {
  const below = root !== '/' && (path === root || path.startsWith(`${root}/`)) ? path.slice(root.length) : path;
  const folder = join(point, below);
  return exists(folder) ? folder : point;
}

function placeIn1({ version, controllers }: Mount, own: string): GroupPlace | undefined {
  const found = wanted.filter((one) => controllers.includes(one));
  if (found.length === 0) return undefined;
  const folder = join(own, ownName);
  return canMake(folder) ? { version, folder, controllers: found } : undefined;
}

/** A group with processes gives its children no controllers (but for the root of all), so that ours is often beside this process's own. */
function placeIn2({ version, point }: Mount, own: string): GroupPlace | undefined {
  for (let above = own; ; above = dirname(above)) {
    const folder = join(above, ownName);
    if (exists(above)) {
      enable(above);
      const found = canMake(folder) ? enable(folder) : [];
      if (found.includes('memory') || found.includes('pids')) return { version, folder, controllers: found };
      remove(folder);
    }
    if (above === point || above === '/' || isLimited(above)) return undefined;
  }
}

function isLimited(folder: string): boolean {
  return ['memory.max', 'memory.high', 'cpu.max', 'cpuset.cpus'].some((name) => !/^(max\b.*|\s*)$/.test(read(join(folder, name))?.trim() ?? ''));
}

/** For its children; those that they have now. */
function enable(folder: string): readonly Controller[] {
  const control = join(folder, 'cgroup.subtree_control');
  const enabled = (): readonly string[] => (read(control) ?? '').trim().split(' ');
  for (const one of wanted) if (!enabled().includes(one)) write(control, `+${one}`);
  return wanted.filter((one) => enabled().includes(one));
}

function canMake(folder: string): boolean {
  const tried = join(folder, `probe-${process.pid}`);
  try {
    mkdirSync(tried, { recursive: true });
    rmdirSync(tried);
    return true;
  } catch {
    return false;
  }
}

export function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** True when the kernel took it. */
export function write(path: string, text: string | number): boolean {
  try {
    writeFileSync(path, String(text), { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}

/** True when it is not there any more. */
export function remove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !exists(folder);
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
