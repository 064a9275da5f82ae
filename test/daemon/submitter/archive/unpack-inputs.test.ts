import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inputsUnpacker, type UnpackedInputs } from '../../../../daemon/submitter/archive/unpack-inputs.ts';
import { inputs } from '../../../../plugins/render/inputs.ts';
import { manifest } from '../../../../plugins/render/manifest.ts';
import type { InputsFound } from '../../../../src/plugin/job-type.ts';
import { camera, image, scene, smallBlend, usualForm } from '../../../support/small-blend.ts';

let home: string;
const blend = (...paths: readonly string[]): Buffer =>
  smallBlend([scene(), camera('Camera'), ...paths.map((path, number) => image(`image${number}`, path))], { ...usualForm, version: 293 });
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-packed-'));
  mkdirSync(join(home, 'film/tex'), { recursive: true });
  writeFileSync(join(home, 'film/shot.blend'), blend('//tex/wood.png'));
  writeFileSync(join(home, 'film/tex/wood.png'), 'wood');
  writeFileSync(join(home, 'secret.png'), 'secret');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const archive = (): string => join(home, 'film.tar.gz');
const pack = (): Buffer => execFileSync('tar', ['-C', home, '-czf', archive(), 'film']);
const unpack = inputsUnpackerHere();
function inputsUnpackerHere() {
  return (settings: object): Promise<UnpackedInputs> =>
    inputsUnpacker({ folder: join(home, 'unpacked') })(manifest, { sceneFile: archive(), ...settings }, new AbortController().signal);
}

async function find(settings: object = {}): Promise<InputsFound> {
  await using unpacked = await unpack(settings);
  try {
    return unpacked.told(await inputs(unpacked.settings, unpacked.within === undefined ? {} : { within: unpacked.within }));
  } catch (error) {
    throw unpacked.toldError(error);
  }
}

it('a packed project travels like a folder, and nothing of it stays unpacked', async () => {
  pack();
  const found = await find();
  expect(found.files.map(({ path }) => path).toSorted()).toEqual(['shot.blend', 'tex/wood.png']);
  expect(found.summary).toMatchObject({ title: 'shot', scene: 'shot.blend' });
  expect(readdirSync(join(home, 'unpacked'))).toEqual([]);
});

it.each(['//../../../secret.png', '/etc/hostname'])('a packed scene that refers to %s of this machine does not get it', async (path) => {
  const reference = path.startsWith('//') ? `//../../${'../'.repeat(20)}${join(home, 'secret.png').slice(1)}` : path;
  writeFileSync(join(home, 'film/shot.blend'), blend(reference));
  pack();
  const found = await find({ allowMissing: true });
  expect(found.files.map(({ path: taken }) => taken)).toEqual(['shot.blend']);
  expect((await find()).findings).toContainEqual(expect.objectContaining({ severity: 'error', code: 'scene-incomplete' }));
});

it('of several scenes one is named, by its path in the archive', async () => {
  writeFileSync(join(home, 'film/other.blend'), blend());
  pack();
  await expect(find()).rejects.toMatchObject({
    code: 'bad-setting',
    message: `${archive()} holds 2 .blend files: film/other.blend, film/shot.blend.`,
    hint: 'Name one: --blend film/other.blend',
  });
  expect((await find({ blend: 'film/other.blend' })).summary).toMatchObject({ title: 'other' });
  await expect(find({ blend: 'film/none.blend' })).rejects.toMatchObject({
    code: 'file-missing',
    message: `The scene ${archive()}/film/none.blend does not exist.`,
  });
  await expect(find({ blend: '../secret.blend' })).rejects.toMatchObject({ code: 'bad-setting' });
});

it('a folder is taken as it is, and a file of another name is no archive', async () => {
  expect((await find({ sceneFile: join(home, 'film') })).summary).toMatchObject({ title: 'shot' });
  await using unpacked = await unpack({ sceneFile: join(home, 'film/shot.blend') });
  expect(unpacked.within).toBeUndefined();
  await expect(find({ sceneFile: join(home, 'film/shot.blend'), blend: 'x.blend' })).rejects.toMatchObject({ code: 'bad-setting' });
});
