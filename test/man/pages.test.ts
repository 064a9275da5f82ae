/** The pages people read name only commands that there are, and all of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownCommands } from '../../src/cli/command-tree.ts';

const root = join(import.meta.dirname, '..', '..');
const shipped = new Set([...ownCommands, ...readdirSync(join(root, 'plugins'))]);
const pages = readdirSync(join(root, 'man')).map((name) => `man/${name}`);

/** `supervm WORD` wherever it stands as something to type. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:`|\.B |")supervm ([a-z]+)/g)].map(([, word]) => word as string);
}

test.each(['README.md', ...pages])('%s names commands that exist', (page) => {
  const named = commandsIn(readFileSync(join(root, page), 'utf8'));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((word) => !shipped.has(word))).toEqual([]);
});

test("every command has a line in the README's table", () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const table = readme.slice(readme.indexOf('| command | what it does |'), readme.indexOf('### Exit codes'));
  expect([...shipped].filter((word) => !new RegExp(`\`${word}\\b`).test(table))).toEqual([]);
});

test.each(pages)('%s is what npm installs as a man page', (page) => {
  const { man } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly man: readonly string[] };
  expect(man).toContain(`./${page}`);
});

test.each(pages)('%s has a title line, a name and lines of bounded length', (page) => {
  const lines = readFileSync(join(root, page), 'utf8').trimEnd().split('\n');
  expect(lines.find((line) => !line.startsWith('\'\\"'))).toMatch(/^\.TH [A-Z\\-]+ [1-8] /);
  expect(lines).toContain('.SH NAME');
  expect(lines.filter((line) => line.length > 160)).toEqual([]);
});
