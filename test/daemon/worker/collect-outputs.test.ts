import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectOutputs } from '../../../daemon/worker/collect-outputs.ts';
import type { BlobFiles } from '../../../daemon/worker/task-needs.ts';

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'supervm-collect-')));
  mkdirSync(join(home, 'base/attempts/one/outputs/below'), { recursive: true });
  mkdirSync(join(home, 'secret/outputs/below'), { recursive: true });
  for (const folder of ['base/attempts/one/outputs/below', 'secret/outputs/below', 'secret/below']) {
    mkdirSync(join(home, folder), { recursive: true });
    writeFileSync(join(home, folder, 'file'), folder);
  }
});
afterEach(() => rmSync(home, { recursive: true }));

/** What got into the store. */
async function collect(): Promise<readonly string[]> {
  const stored: string[] = [];
  const putFile = async (path: string) => {
    const text = readFileSync(path, 'utf8');
    stored.push(text);
    return { digest: '0'.repeat(64), size: text.length };
  };
  const folder = { base: join(home, 'base'), below: 'attempts/one/outputs' };
  const size = 'base/attempts/one/outputs/below'.length;
  await collectOutputs(folder, [{ path: 'below/file', size }], { putFile } as Pick<BlobFiles, 'putFile'> as BlobFiles).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'output-invalid', message: expect.stringContaining('leads out of the outputs folder') });
  });
  return stored;
}

it('what a task made is taken', async () => {
  expect(await collect()).toEqual(['base/attempts/one/outputs/below']);
});

it.each([
  ['the attempt’s folder', 'base/attempts/one', 'secret'],
  ['the folder of its outputs', 'base/attempts/one/outputs', 'secret'],
  ['a folder in the middle', 'base/attempts/one/outputs/below', 'secret/below'],
])('nothing is read through a link in the place of %s', async (_, path, target) => {
  renameSync(join(home, path), join(home, 'away'));
  symlinkSync(join(home, target), join(home, path));
  expect(await collect()).toEqual([]);
});

/** Why the outputs are refused; `during` happens while the file is read. Nothing is stored when the list or the kind of file is at fault. */
async function refusal(
  listed: readonly { readonly path: string; readonly size: number }[],
  during: (path: string) => void = () => {},
): Promise<{ why: string; stored: number }> {
  let stored = 0;
  const putFile = async (path: string) => {
    const text = readFileSync(path, 'utf8');
    during(path);
    stored += 1;
    return { digest: '0'.repeat(64), size: text.length };
  };
  const folder = { base: join(home, 'base'), below: 'attempts/one/outputs' };
  const failed = collectOutputs(folder, listed, { putFile } as Pick<BlobFiles, 'putFile'> as BlobFiles).then(
    () => ({ code: '', message: 'taken' }),
    (error: { code: string; message: string }) => error,
  );
  const { code, message } = await failed;
  expect(code).toBe(message === 'taken' ? '' : 'output-invalid');
  return { why: message, stored };
}

const outputs = (name: string): string => join(home, 'base/attempts/one/outputs', name);

it.each([
  ['../../secret', /"\.\."/],
  ['/etc/hostname', /absolute/],
  ['a\nb', /"a\\nb" has a control character/],
  ['x'.repeat(300), /too long/],
  ['aux.png', /name of a device/],
  ['C:x', /colon/],
  ['\ufffd', /not valid UTF-8/],
])('the name %j is refused, with the name and the cause, before anything is stored', async (path, why) => {
  writeFileSync(outputs('good'), 'good');
  expect(
    await refusal([
      { path: 'good', size: 4 },
      { path, size: 1 },
    ]),
  ).toEqual({ why: expect.stringMatching(why), stored: 0 });
});

it('names that not every machine can tell apart are refused, and a name that is listed twice', async () => {
  expect(
    (
      await refusal([
        { path: 'a.png', size: 1 },
        { path: 'A.png', size: 1 },
      ])
    ).why,
  ).toMatch(/"A.png" differs from "a.png" only in the case/);
  expect(
    (
      await refusal([
        { path: 'a', size: 1 },
        { path: 'a', size: 1 },
      ])
    ).why,
  ).toMatch(/listed twice/);
});

it('more files and more bytes than a task may make are refused before anything is stored', async () => {
  const many = Array.from({ length: 1025 }, (_, index) => ({ path: `f${index}`, size: 0 }));
  expect(await refusal(many)).toEqual({ why: expect.stringMatching(/1025 files; one task may make 1024/), stored: 0 });
  expect(
    await refusal([
      { path: 'a', size: 2 ** 38 },
      { path: 'b', size: 1 },
    ]),
  ).toEqual({ why: expect.stringMatching(/may have 274877906944/), stored: 0 });
});

it('what is no regular file is refused by its kind, and never opened', async () => {
  execFileSync('mkfifo', [outputs('pipe')]);
  symlinkSync('/etc/hostname', outputs('link'));
  symlinkSync('/dev/zero', outputs('zero'));
  writeFileSync(outputs('one'), 'one');
  linkSync(outputs('one'), outputs('two'));
  const server = createServer().listen(outputs('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const why = async (path: string): Promise<string> => (await refusal([{ path, size: 3 }])).why;
  expect([await why('pipe'), await why('link'), await why('zero'), await why('two'), await why('socket'), await why('below'), await why('none')]).toEqual([
    expect.stringMatching(/"pipe" is a pipe/),
    expect.stringMatching(/"link" is a link/),
    expect.stringMatching(/"zero" is a link/),
    expect.stringMatching(/"two" is a hard link/),
    expect.stringMatching(/"socket" is a socket/),
    expect.stringMatching(/"below" is a folder/),
    expect.stringMatching(/"none" is missing/),
  ]);
  server.close();
});

it('a file that is all holes is refused instead of filling the disk', async () => {
  writeFileSync(outputs('holes'), '');
  truncateSync(outputs('holes'), 2 ** 36);
  expect(await refusal([{ path: 'holes', size: 2 ** 36 }])).toEqual({
    why: expect.stringMatching(/"holes" says it has 68719476736 bytes and is empty but for 0/),
    stored: 0,
  });
});

it('a file that is changed, or grows, while it is read is refused', async () => {
  for (const change of [() => appendFileSync(outputs('file'), 'more'), () => linkSync(outputs('file'), outputs('second'))]) {
    writeFileSync(outputs('file'), 'text');
    expect((await refusal([{ path: 'file', size: 4 }], change)).why).toMatch(/"file" was changed while it was read/);
  }
});
