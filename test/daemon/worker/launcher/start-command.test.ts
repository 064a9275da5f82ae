import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCommand } from '../../../../daemon/worker/launcher/start-command.ts';

const run = (spec: Parameters<typeof startCommand>[0], doors: readonly string[] = []): string => {
  const { file, args } = startCommand(spec, doors);
  return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
};

test('without limits a command is what it was', () => {
  expect(startCommand({ file: '/bin/true', args: ['a b'] }, [])).toEqual({ file: '/bin/true', args: ['a b'] });
});

test('a command enters its groups before it begins, with its words as they are and its filter open', () => {
  const folder = mkdtempSync(join(tmpdir(), 'supervm-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const door = join(folder, "a group's");
  const filter = join(folder, 'the filter');
  writeFileSync(door, '');
  writeFileSync(filter, 'filtered');
  const said = run({ file: '/bin/sh', args: ['-c', 'cat <&4; printf "|%s" "$@"', 'sh', "it's", 'a  b', '--', '$HOME'], filter, limits: {} }, [door]);
  expect(said).toBe("filtered|it's|a  b|--|$HOME");
  expect(readFileSync(door, 'utf8')).toBe('0\n');
});

test('a command with limits is served last by its disk, and remains the process that was started', () => {
  const { file, args } = startCommand({ file: '/bin/sh', args: ['-c', 'ionice -p $$; echo $$'], limits: {} }, []);
  const { pid, stdout } = spawnSync(file, args, { encoding: 'utf8' });
  expect(stdout).toBe(`idle\n${pid}\n`);
});

test('who cannot enter its group does not begin', () => {
  expect(() => run({ file: '/bin/echo', args: ['begun'], limits: {} }, ['/nowhere/tasks'])).toThrow(/Directory nonexistent|No such file/);
});

test('a file may not grow beyond what the whole may take', () => {
  const folder = mkdtempSync(join(tmpdir(), 'supervm-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const disk = { folder, bytes: 8192 };
  const write = (bytes: number): string => run({ file: '/bin/sh', args: ['-c', `head -c ${bytes} /dev/zero >'${folder}/file'`], limits: { disk } });
  expect(() => write(8192)).not.toThrow();
  expect(() => write(8193)).toThrow();
});
