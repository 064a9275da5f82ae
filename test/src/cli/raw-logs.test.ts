import { expect, test } from 'vitest';
import { logs } from '../../../src/cli/commands/show-jobs.ts';
import type { Context } from '../../../src/cli/context.ts';
import { createOutput, type Mode } from '../../../src/cli/output/output.ts';

const control = String.fromCharCode(27);
const line = `${control}]0;mine${String.fromCharCode(7)}\u202e${'x'.repeat(5000)}`;

async function shown(mode: Mode, raw: boolean, interactive: boolean): Promise<string> {
  let printed = '';
  const out = (text: string): void => {
    printed += text;
  };
  const terminal = { interactive, canAsk: false, columns: () => 80, out, error: out, read: async () => '', ask: async () => '' };
  const view = { task: 'a', attempt: 1, nodeName: 'n1', outcome: 'kept', message: 'done', lines: [line, 'end'], at: 0 } as const;
  const client = () => ({ call: async () => [view] });
  await logs({ client, output: createOutput(mode, terminal, true) } as unknown as Context, 'job', undefined, { raw });
  return printed;
}

test.each(['human', 'quiet'] as const)('as %s a task’s output is shown harmless, and as it was printed when that is asked for', async (mode) => {
  const harmless = await shown(mode, false, false);
  expect(harmless).not.toContain(control);
  expect(harmless).toContain('\\x1b]0;mine\\x07\\u202exxx');
  expect(await shown(mode, true, false)).toBe(`${line}\nend\n`);
});

test('people are told how much of an endless line they do not see; JSON has all of it', async () => {
  expect(await shown('human', false, true)).toMatch(/x{3000,} \[\d+ more characters; all of it: --json\]\n {4}end\n/);
  expect(JSON.parse(await shown('json', false, true))[0].lines[0]).toBe(line);
});

test('as it was printed it never goes to a terminal', async () => {
  await expect(shown('human', true, true)).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('supervm logs --raw job > FILE') });
});
