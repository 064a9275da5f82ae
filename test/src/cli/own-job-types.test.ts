/** Job types of the user's own as commands: the real command line, as a process where the user's files are loaded. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installJobType } from '../../support/install-job-type.ts';
import { runCli, runHere } from '../../support/run-cli.ts';

let home: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-types-'));
  folder = installJobType(home, 'naps');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

test('a folder is a command with its own help', async () => {
  expect((await runCli(home, [])).stdout).toMatch(/render .*\n +naps \[options\] +tasks that sleep\n/);
  const { stdout } = await runCli(home, ['naps', '--help']);
  expect(stdout).toContain('--stay <STAY>');
  expect(stdout).toContain('--detach');
});

test('a broken one is named for whoever types it, warned of in the help, and harms no other command', async () => {
  writeFileSync(join(folder, 'manifest.ts'), 'export const manifest = { name: "naps" };\n', { mode: 0o644 });
  const cause = `${join(folder, 'manifest.ts')}: manifest.version must be a text`;
  await expect(runHere(home, ['naps'])).rejects.toMatchObject({ code: 'broken-job-type', message: expect.stringContaining(cause) });
  const help = await runCli(home, []);
  expect(help.stdout).toContain('render');
  expect(help.stderr).toContain(cause);
  expect((await runCli(home, ['render', '--help'])).stderr).toBe('');
});

test('a built-in name wins, and whoever types it is told of the other', async () => {
  installJobType(home, 'naps', 'render');
  const { stdout, stderr } = await runCli(home, ['render', '--help']);
  expect(stdout).toContain('Blender');
  expect(stderr).toContain('"render" is built in, and the built-in one is used');
});

test('a name of one of our commands is refused', async () => {
  installJobType(home, 'naps', 'status');
  expect((await runCli(home, [])).stderr).toContain('"status" is a command of supervm');
});
