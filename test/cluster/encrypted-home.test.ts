/** Needs root and network namespaces: a machine whose keys are encrypted, from its first day with them to the last. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusView } from '../../src/api/views.ts';
import { installJobType } from '../support/install-job-type.ts';
import { Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';

/** Every byte of every file below. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => readFileSync(path, 'latin1'))
    .join('\0');
}

/** The secret halves. */
const secretsOf = (machine: Machine): readonly string[] =>
  ['node.key', 'cluster.key', 'admin.key'].map((name) => readFileSync(machine.file(name), 'utf8').trim().split(' ')[1] ?? '');
const idOf = async (machine: Machine): Promise<string> => (await machine.json<StatusView>('status')).node;
const problem = (code: string) => ({ code: 9, stderr: expect.stringContaining(code) as string });

test('keys that were in plain are encrypted, blobs with them, every start and restart needs the passphrase, another takes its place, and without one they are in plain again', async () => {
  await using lab = Lab.create({ nodes: 1 });
  const machine = lab.machine(0);
  installJobType(machine.home, 'naps');
  const [first, second] = [machine.writeFile('../first', 'correct horse battery\n', 0o600), machine.writeFile('../second', 'another eight words\n', 0o600)];
  const alone = ['--no-discovery', '--no-http'];
  expect(await machine.run('up', '--name', 'n1', ...alone)).toMatchObject({ code: 0 });
  const id = await idOf(machine);
  const secrets = secretsOf(machine);
  for (const secret of secrets) expect(everythingIn(machine.home).includes(secret)).toBe(true);
  expect(await machine.run('up', '--encrypt', '--passphrase-file', first, ...alone)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('supervm down') as string,
  });
  await machine.run('down', '--now');

  expect(await machine.run('up', '--encrypt', '--passphrase-file', first, ...alone)).toMatchObject({ code: 0 });
  expect(await idOf(machine)).toBe(id);
  const bytes = everythingIn(machine.home);
  for (const secret of [...secrets, 'correct horse battery']) expect(bytes.includes(secret)).toBe(false);

  expect(await machine.run('naps', '--tasks', '1', '--ms', '10', '-o', join(lab.folder, 'out'))).toMatchObject({ code: 0 });
  expect(readFileSync(join(lab.folder, 'out', 'nap-1.txt'), 'utf8')).toBe('nap 1\n');
  const [job] = await machine.json<readonly { readonly id: string }[]>('jobs');
  const stored = readdirSync(machine.file('blobs'), { recursive: true, encoding: 'utf8' }).filter((name) => /^[0-9a-f]{2}.[0-9a-f]{62}/.test(name));
  expect(stored.length).toBeGreaterThan(0);
  expect(stored.filter((name) => !/\.[0-9a-f]{8}$/.test(name))).toEqual([]);
  expect(everythingIn(machine.file('blobs')).includes('nap 1\n')).toBe(false);

  // Nothing is stopped that could not be started again.
  expect(await machine.run('restart', '--json')).toMatchObject(problem('passphrase-missing'));
  expect(await idOf(machine)).toBe(id);
  expect(await machine.run('passphrase', '--passphrase-file', first, '--new-file', second)).toMatchObject({ code: 0 });
  expect(await machine.run('restart', '--passphrase-file', first, '--json')).toMatchObject(problem('passphrase-wrong'));
  const typed = machine.command([machine.supervm, 'restart', '--passphrase-file', '-'], 'another eight words\n');
  expect(await typed.finished).toMatchObject({ code: 0 });
  expect(await machine.run('cluster', 'rotate-secret')).toMatchObject({ code: 0 });
  for (const name of ['node.key', 'cluster.key', 'admin.key', 'membership.json'])
    expect(readFileSync(machine.file(name), 'utf8')).toMatch(/^supervm-sealed-1 [\w-]+\n$/);
  await machine.run('down', '--now');

  expect(await machine.run('up', ...alone, '--json')).toMatchObject(problem('passphrase-missing'));
  expect(await machine.run('passphrase', '--remove', '--passphrase-file', second)).toMatchObject({ code: 0 });
  expect(await machine.run('up', ...alone)).toMatchObject({ code: 0 });
  expect(await idOf(machine)).toBe(id);
  expect(await machine.run('get', job?.id ?? '', '-o', join(lab.folder, 'again'))).toMatchObject({ code: 0 });
  expect(readFileSync(join(lab.folder, 'again', 'nap-1.txt'), 'utf8')).toBe('nap 1\n');
  await machine.run('down', '--now');
});
