import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Output } from '../../../src/cli/output/output.ts';
import { assertNotToEncrypt, homePassphrase } from '../../../src/cli/passphrase.ts';
import { pathsOf } from '../../../src/settings/paths.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-passphrase-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A terminal at which these lines are typed; none: nobody is there, and `input` is what stands in standard input. */
function at({ typed, input = '' }: { readonly typed?: readonly string[]; readonly input?: string }) {
  const lines = [...(typed ?? [])];
  const asked: string[] = [];
  const warnings: string[] = [];
  const terminal = {
    canAsk: typed !== undefined,
    async ask(prompt: string, options?: { readonly hidden?: boolean }) {
      expect(options?.hidden).toBe(true);
      asked.push(prompt);
      return lines.shift() ?? '';
    },
    read: async () => input,
  };
  const output = { terminal, warn: (text: string) => warnings.push(text) } as unknown as Output;
  const paths = pathsOf({ home, stateHome: undefined, configHome: undefined, userFolder: home, userId: 0 });
  return { context: { paths, output, workingFolder: home }, asked, warnings, paths };
}

const none = { passphraseFile: undefined };
const good = 'correct horse battery';

test('nobody is asked where nothing is encrypted; who names a file all the same is told', async () => {
  const plain = at({ typed: [] });
  expect(await homePassphrase(plain.context, none)).toBeUndefined();
  expect(await homePassphrase(plain.context, { passphraseFile: '/nowhere' })).toBeUndefined();
  expect(plain).toMatchObject({ asked: [], warnings: [expect.stringContaining('not encrypted')] });
  expect(readdirSync(home)).toEqual([]);
});

test('a new passphrase is typed twice and later once; two that differ, none and a wrong one change nothing', async () => {
  await expect(homePassphrase(at({ typed: [good, 'another one'] }).context, none, true)).rejects.toMatchObject({ code: 'usage' });
  await expect(homePassphrase(at({ typed: [''] }).context, none, true)).rejects.toMatchObject({ code: 'passphrase-missing' });
  expect(existsSync(join(home, 'encryption.json'))).toBe(false);
  expect(() => assertNotToEncrypt(at({}).context, true)).toThrow(expect.objectContaining({ code: 'daemon-exists' }));
  const first = at({ typed: [good, good] });
  expect(await homePassphrase(first.context, none, true)).toEqual({ text: good, file: undefined });
  expect(first.asked).toHaveLength(2);
  const later = at({ typed: [good] });
  expect(await homePassphrase(later.context, none)).toEqual({ text: good, file: undefined });
  expect(later.asked).toHaveLength(1);
  // Encrypted already: to ask for it again is no mistake.
  expect(await homePassphrase(at({ typed: [good] }).context, none, true)).toMatchObject({ text: good });
  assertNotToEncrypt(later.context, true);
  await expect(homePassphrase(at({ typed: ['another one'] }).context, none)).rejects.toMatchObject({ code: 'passphrase-wrong' });
});

test('where nobody can be asked it comes from a file or from standard input, without the end of its line', async () => {
  const file = join(home, 'passphrase');
  writeFileSync(file, `${good}\r\n`);
  expect(await homePassphrase(at({}).context, { passphraseFile: file }, true)).toEqual({ text: good, file });
  expect(await homePassphrase(at({ input: `${good}\n` }).context, { passphraseFile: '-' })).toEqual({ text: good, file: undefined });
  await expect(homePassphrase(at({}).context, none)).rejects.toMatchObject({ code: 'passphrase-missing', hint: expect.stringContaining('--passphrase-file') });
  await expect(homePassphrase(at({}).context, { passphraseFile: '-' })).rejects.toMatchObject({ code: 'passphrase-missing' });
  await expect(homePassphrase(at({}).context, { passphraseFile: join(home, 'none') })).rejects.toMatchObject({ code: 'file-missing' });
});
