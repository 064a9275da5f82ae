import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ArchiveLimits, unpackArchive, usualLimits } from '../../../../daemon/submitter/archive/unpack-archive.ts';
import { portableDefect } from '../../../../src/model/relative-path.ts';

type Made = Partial<Header> & { readonly name: string; readonly text?: string };

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-archive-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function tar(entries: readonly Made[]): Promise<Buffer> {
  const packed = pack();
  for (const { text = '', ...header } of entries) packed.entry(header, text);
  packed.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of packed) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

async function unpack(bytes: Buffer, limits: Partial<ArchiveLimits> = {}): Promise<string> {
  const archive = join(home, 'project.tar');
  writeFileSync(archive, bytes);
  const folder = join(home, 'out');
  rmSync(folder, { recursive: true, force: true });
  await unpackArchive(archive, folder, new AbortController().signal, { ...usualLimits, ...limits });
  return folder;
}

/** Why it is refused; nothing is left then. */
async function refusal(bytes: Buffer, limits: Partial<ArchiveLimits> = {}): Promise<string> {
  const error: unknown = await unpack(bytes, limits).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'archive-refused' });
  expect(readdirSync(home)).toEqual(['project.tar']);
  return (error as Error).message;
}

const good: Made = { name: 'a/good.txt', text: 'good' };

describe('an archive', () => {
  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['plain', (bytes) => bytes],
    ['gzip', (bytes) => gzipSync(bytes)],
    ['zstd', (bytes) => zstdCompressSync(bytes)],
  ])('in its %s form is unpacked, its files for nobody else', async (_, form) => {
    const long = 'n'.repeat(200);
    const folder = await unpack(
      form(
        await tar([
          { name: './', type: 'directory' },
          { name: './project/', type: 'directory' },
          { name: './project/a.blend', text: 'scene' },
          { name: `tex/${long}.png`, text: 'x'.repeat(300_000) },
        ]),
      ),
    );
    expect(readFileSync(join(folder, 'project/a.blend'), 'utf8')).toBe('scene');
    expect(statSync(join(folder, `tex/${long}.png`))).toMatchObject({ size: 300_000 });
    expect(statSync(join(folder, 'project/a.blend')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.each<[string, Made[], RegExp]>([
    ['climbs', [{ name: 'a/../../evil', text: 'x' }], /entry "a\/\.\.\/\.\.\/evil" has the part "\.\."/],
    ['is absolute', [{ name: '/etc/cron.d/evil', text: 'x' }], /"\/etc\/cron\.d\/evil" has an absolute path/],
    ['is the root', [{ name: '/', type: 'directory' }], /"\/" has an absolute path/],
    ['is a link', [{ name: 'link', type: 'symlink', linkname: '/etc/passwd' }], /"link" is a link to "\/etc\/passwd"/],
    ['is a hard link', [{ name: 'link', type: 'link', linkname: 'a/good.txt' }], /"link" is a link to "a\/good\.txt"/],
    ['is a device', [{ name: 'zero', type: 'character-device', devmajor: 1, devminor: 5 }], /"zero" is a device/],
    ['is a pipe', [{ name: 'pipe', type: 'fifo' }], /"pipe" is a pipe/],
    [
      'is written through a link',
      [
        { name: 'l', type: 'symlink', linkname: '/tmp' },
        { name: 'l/evil', text: 'x' },
      ],
      /"l" is a link/,
    ],
    ['comes twice', [good], /"a\/good\.txt" is listed twice/],
    ['differs in case alone', [{ name: 'A/Good.txt', text: 'x' }], /differs from "a\/good\.txt" only in the case/],
    ['is a file where a folder is', [{ name: 'a', text: 'x' }], /"a" is both a file and a folder/],
    ['is a folder where a file is', [{ name: 'a/good.txt/', type: 'directory' }], /both a file and a folder/],
    ['has a control character', [{ name: 'x\u001b[2J', text: 'x' }], /"x\\u001b\[2J" has a control character/],
    ['has the name of a device', [{ name: 'a/NUL', text: 'x' }], /name of a device/],
    ['is too deep', [{ name: `${'d/'.repeat(70)}x`, text: 'x' }], /more than 63 folders/],
    ['has too long a name', [{ name: 'n'.repeat(256), text: 'x' }], /name that is too long/],
    ['is not UTF-8', [{ name: 'x\ufffd', text: 'x' }], /not valid UTF-8/],
  ])('with an entry that %s is refused whole, with the entry’s name', async (_, entries, why) => {
    expect(await refusal(await tar([good, ...entries]))).toMatch(why);
    expect(existsSync('/tmp/evil')).toBe(false);
  });

  it('is refused beyond its limits, however it is packed', async () => {
    expect(await refusal(await tar([good, { name: 'b', text: 'b' }]), { entries: 1 })).toMatch(/more than 1 entries/);
    expect(await refusal(await tar([{ name: 'b', text: 'b'.repeat(5000) }]), { bytes: 4000 })).toMatch(/"b" brings it to more than 4000|expands/);
    const zeros = await tar([{ name: 'zeros', text: '\0'.repeat(8_000_000) }]);
    for (const bomb of [gzipSync(zeros), zstdCompressSync(zeros)])
      expect(await refusal(bomb, { unsuspected: 1_000_000 })).toMatch(/expands from \d+ bytes to more than \d+/);
  });

  it('that goes on without end saying nothing is refused', async () => {
    const [first] = [await tar([good])];
    expect(await refusal(gzipSync(Buffer.concat([first as Buffer, Buffer.alloc(32 << 20)])))).toMatch(/header that does not end/);
  });

  it.each<[string, () => Promise<Buffer>]>([
    ['empty', async () => Buffer.alloc(0)],
    ['no archive', async () => Buffer.from('no archive at all'.repeat(200))],
    ['cut short', async () => (await tar([{ name: 'a', text: 'x'.repeat(5000) }])).subarray(0, 3000)],
    ['cut short and compressed', async () => gzipSync(await tar([{ name: 'a', text: String(Math.PI).repeat(500) }])).subarray(0, 60)],
    ['damaged', async () => Buffer.concat([zstdCompressSync(await tar([good])).subarray(0, 40), Buffer.alloc(100, 7)])],
    ['without files', async () => tar([{ name: 'a/', type: 'directory' }])],
  ])('that is %s is refused', async (_, make) => {
    expect(await refusal(await make())).toContain('is not accepted');
  });

  it('whatever is in it, is there whole or not at all, and nowhere else', async () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', 'c', 'é', 'a', 'b', 'c', 'd', 'A', '..', '.', '', 'nul', 'x\n'), { minLength: 1, maxLength: 3 })
      .map((names) => names.join('/'));
    const type = fc.oneof(
      { weight: 8, arbitrary: fc.constant('file' as const) },
      { weight: 1, arbitrary: fc.constantFrom('directory' as const, 'symlink' as const, 'fifo' as const) },
    );
    const entry = fc.record({ name, type, text: fc.string({ maxLength: 5 }) });
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 3 }), async (entries) => {
        const made = entries.map(({ text, ...header }) => (header.type === 'file' ? { ...header, text } : { ...header, linkname: 'a' }));
        const bytes = await tar(made);
        const folder = await unpack(bytes).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'archive-refused' });
          return undefined;
        });
        expect(readdirSync(home).toSorted()).toEqual(folder === undefined ? ['project.tar'] : ['out', 'project.tar']);
        if (folder === undefined) return;
        taken += 1;
        const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
        expect(found).toHaveLength(entries.filter((each) => each.type === 'file').length);
        for (const { name: path, type: kind, text } of entries) {
          const inner = path.replace(/^(\.\/)+/, '').replace(kind === 'directory' ? /\/$/ : /^$/, '');
          const isPackedFolder = kind === 'directory' && path !== '' && ['', '.'].includes(inner);
          expect(isPackedFolder ? '' : (portableDefect(inner) ?? '')).toBe('');
          if (kind === 'file') expect(readFileSync(join(folder, path), 'utf8')).toBe(text);
        }
      }),
      { numRuns: 150 },
    );
    expect(taken).toBeGreaterThan(10);
  });
});
