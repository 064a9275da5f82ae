import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder, readPid } from '../../../src/settings/folder-lock.ts';

let home: string;
let paths: { home: string; lock: string; pid: string };

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-lock-'));
  paths = { home, lock: join(home, 'daemon.lock'), pid: join(home, 'daemon.pid') };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('a second holder is refused and told who holds it', () => {
  using _lock = lockFolder(paths);
  expect(readPid(paths.pid)).toBe(process.pid);
  expect(() => lockFolder(paths)).toThrow(expect.objectContaining({ code: 'daemon-exists', message: expect.stringContaining(`pid ${process.pid}`) }));
});

test('a released lock can be taken again and leaves no pid behind', () => {
  lockFolder(paths)[Symbol.dispose]();
  expect(existsSync(paths.pid)).toBe(false);
  lockFolder(paths)[Symbol.dispose]();
});

test('the pid of a living stranger does not count', () => {
  writeFileSync(paths.pid, `${process.ppid}\n`);
  using _lock = lockFolder(paths);
  expect(readPid(paths.pid)).toBe(process.pid);
});

test('the lock of a killed process is free at once', async () => {
  const module = join(import.meta.dirname, '../../../src/settings/folder-lock.ts');
  const script = `const { lockFolder } = await import(${JSON.stringify(module)}); lockFolder(${JSON.stringify(paths)}); gc(); gc(); setImmediate(() => { gc(); console.log('held'); }); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(holder.stdout, 'data');
    expect(() => lockFolder(paths)).toThrow(expect.objectContaining({ code: 'daemon-exists' }));
  } finally {
    holder.kill('SIGKILL');
  }
  await once(holder, 'exit');
  lockFolder(paths)[Symbol.dispose]();
});
