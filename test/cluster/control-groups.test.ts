/** Version 2 of control groups, which no session here enters: its hierarchy is often mounted without controllers, but groups, entering and ending are the kernel's own. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ControlGroups } from '../../daemon/worker/launcher/control-groups.ts';
import { startCommand } from '../../daemon/worker/launcher/start-command.ts';

/** Where the second version is mounted and groups may be made: this process's own group, or the top. */
function folderOfTwo(): string | undefined {
  const point = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
  const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
  if (point === undefined) return undefined;
  const folder = join(existsSync(join(point, own)) ? join(point, own) : point, `supervm-test-${process.pid}`);
  try {
    mkdirSync(folder);
    return folder;
  } catch {
    return undefined;
  }
}

test('a group of version 2 has everything that its session starts, and ends it at one word, whatever it heeds', async () => {
  const folder = folderOfTwo();
  const groups = new ControlGroups(folder === undefined ? [] : [{ version: 2, folder, controllers: [] }]);
  const group = groups.create(`${process.pid}-1`, {});
  // Where no group can be made, none is promised.
  expect(group.folders).toEqual(folder === undefined ? [] : [join(folder, `${process.pid}-1`)]);
  if (folder === undefined) return;
  onTestFinished(() => {
    if (existsSync(folder)) rmdirSync(folder);
  });
  // A child of its own session, in the background, that heeds no signal but one.
  const script = `trap '' TERM HUP INT; setsid sh -c "trap '' TERM; echo ready; sleep 4321 & wait" & wait`;
  const { file, args } = startCommand({ file: '/bin/sh', args: ['-c', script], limits: {} }, group.doors);
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(group.pids()).toContain(child.pid);
  expect(group.pids().length).toBeGreaterThanOrEqual(2);
  expect(group.pids()).not.toContain(process.pid);
  group.kill();
  expect(await ended).toBe('SIGKILL');
  group.remove();
  await groups.remove();
  expect(existsSync(folder)).toBe(false);
});
