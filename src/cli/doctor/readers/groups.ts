/** Control groups, and which of them this user may divide further. */
import type { GroupsReading } from '../checks/sandbox.ts';
import { isContainer, isThere, isWritable, readText } from './files.ts';

const root = '/sys/fs/cgroup';
const wanted = ['memory', 'pids', 'cpu'];

export function readGroups(platform: string, userId: number): Omit<GroupsReading, 'trial'> {
  const container = isContainer();
  if (isThere(`${root}/cgroup.controllers`)) return { platform, version: 2, controllers: ofVersion2(userId), container };
  if (isThere(`${root}/memory`) || isThere(`${root}/pids`)) return { platform, version: 1, controllers: wanted.filter(ofVersion1), container };
  return { platform, version: undefined, controllers: [], container };
}

function ofVersion2(userId: number): readonly string[] {
  const own = /^0::(\/.*)$/m.exec(readText('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  const folders = [`${root}${own}`, root, `${root}/user.slice/user-${userId}.slice/user@${userId}.service`].map((folder) => folder.replace(/\/+$/, ''));
  const given = folders.find((folder) => isWritable(folder) && isWritable(`${folder}/cgroup.procs`));
  return given === undefined ? [] : (readText(`${given}/cgroup.controllers`)?.trim().split(' ') ?? []);
}

function ofVersion1(controller: string): boolean {
  const line = (readText('/proc/self/cgroup') ?? '').split('\n').find((text) => text.split(':')[1]?.split(',').includes(controller));
  const own = line?.split(':')[2] ?? '/';
  return [`${root}/${controller}${own}`, `${root}/${controller}`].some(isWritable);
}
