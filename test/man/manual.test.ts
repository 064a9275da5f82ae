/** The manual says what `--help` says. After a change of a command: vitest run --project unit test/man -u */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandTree, leavesOf, manual } from './manual.ts';

const folder = join(import.meta.dirname, '../../man');

test('man/supervm.1 has each command with all its arguments and flags', async () => {
  await expect(manual()).toMatchFileSnapshot(join(folder, 'supervm.1'));
});

test('the page of a command of its own names each of its flags', () => {
  const doctor = leavesOf(commandTree()).find(({ words }) => words.join(' ') === 'doctor');
  const page = readFileSync(join(folder, 'supervm-doctor.1'), 'utf8').replaceAll('\\-', '-');
  const flags = doctor?.command.options.map(({ long }) => long ?? '') ?? [];
  expect(flags.length).toBeGreaterThan(0);
  expect(flags.filter((flag) => !page.includes(flag))).toEqual([]);
});
