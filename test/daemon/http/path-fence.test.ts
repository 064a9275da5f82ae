import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fenceFor } from '../../../daemon/http/path-fence.ts';
import { ApiWorld, callWith } from './api-world.ts';

const user = { who: 'token:ci', door: 'http', role: 'user' } as const;
let root: string;
const at = (path: string): string => join(root, path);

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'svm-fence-')));
  for (const folder of ['shared/in', 'shared-too', 'private']) mkdirSync(at(folder), { recursive: true });
  for (const file of ['shared/in/cube.blend', 'private/key']) writeFileSync(at(file), '');
  symlinkSync(at('private'), at('shared/out'));
  symlinkSync(at('private/none'), at('shared/dangling'));
  symlinkSync(at('shared'), at('by-another-name'));
  symlinkSync('round', at('shared/round'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const allows = (path: string, folders = [at('shared')]): Promise<boolean> | undefined => fenceFor(user, folders)?.allows(path);

describe('the fence around a caller below admin', () => {
  test.each(['shared', 'shared/in/cube.blend', 'shared/in/none', 'shared/new/deeper', 'by-another-name/in/new'])('lets %s be named', async (path) => {
    expect(await allows(at(path))).toBe(true);
  });

  test.each([
    ...['', 'private', 'private/key', 'private/none', 'none/at/all', 'shared-too', 'shared-too/x'],
    ...['shared/out', 'shared/out/key', 'shared/out/new', 'shared/dangling', 'shared/dangling/x', 'shared/round'],
  ])('keeps out %s', async (path) => {
    expect(await allows(at(path))).toBe(false);
  });

  test('keeps out paths that climb, also over folders that are not there yet, and what is no path', async () => {
    for (const path of ['shared/../private/key', 'shared/new/../../private/new']) expect(await allows(`${root}/${path}`)).toBe(false);
    expect(await allows(`${at('shared')}/\0`)).toBe(false);
  });

  test('allows nothing unless a folder is named, follows links to the folder, and knows that / holds everything', async () => {
    expect(await allows(at('shared/in'), [])).toBe(false);
    expect(await allows(at('shared/in'), [at('gone'), at('by-another-name')])).toBe(true);
    expect(await allows(at('private/key'), ['/'])).toBe(true);
  });

  test('refuses in the same words whether the path is there or not, and says which flag allows it', () => {
    const fence = fenceFor(user, []);
    const words = (path: string): string => `${fence?.refusal(path).message} ${fence?.refusal(path).hint}`.replace(path, 'PATH');
    expect(words(at('private/key'))).toBe(words(at('private/none')));
    expect(fence?.refusal('/x')).toMatchObject({ code: 'not-allowed', hint: expect.stringContaining('--http-folder') });
  });

  test('is not there for admins and the owner', () => {
    expect(fenceFor({ door: 'http', role: 'admin' }, [])).toBeUndefined();
    expect(fenceFor({ door: 'socket', role: 'admin' }, [])).toBeUndefined();
    expect(fenceFor({ door: 'http', role: 'viewer' }, [])).toBeDefined();
    expect(fenceFor({ door: 'http', role: undefined }, [])).toBeDefined();
  });
});

test('every route that takes paths puts it around such callers', async () => {
  const world = new ApiWorld();
  const submit = { type: 'render', settings: {}, folder: '/' } as const;
  const render = { sceneFile: '/cube.blend', outputFolder: '/out' };
  for (const caller of [callWith({}).caller, user]) {
    await world.call('submit', { body: submit, caller });
    await world.call('superVmRender', { body: render, caller });
  }
  expect(world.fences.map((fence) => fence === undefined)).toEqual([true, true, false, false]);
  const job = world.journal.jobs().keys().next().value ?? 'ffff';
  await expect(world.call('deliver', { params: { job }, body: { folder: at('shared') }, caller: user })).rejects.toMatchObject({ code: 'not-allowed' });
});
