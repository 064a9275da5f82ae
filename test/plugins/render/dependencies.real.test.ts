/** Needs Blender and ffmpeg: a scene for each kind of file that Blender reads, rendered where nothing is but what `inputs` found. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputs } from '../../../plugins/render/inputs.ts';
import { decodePng } from '../../../plugins/render/png.ts';
import { execute } from '../../support/lab.ts';
import { RenderSessionUnderTest } from '../../support/render-session.ts';

interface Kind {
  readonly kind: string;
  readonly frames: readonly number[];
  /** What the scene needs, below the folder of its kind. */
  readonly lost: string;
  /** Said at the submission when it is not there. */
  readonly named: string;
}

const kinds: readonly Kind[] = [
  { kind: 'picture', frames: [1], lost: 'pictures', named: 'pictures/wall.png (image' },
  { kind: 'sky', frames: [1], lost: 'skies', named: 'skies/field.hdr (image' },
  { kind: 'sequence', frames: [2, 3], lost: 'plates', named: 'plates/plate_0011.png (image' },
  { kind: 'udim', frames: [1], lost: 'tiles', named: 'tiles/wall.1002.png (image' },
  { kind: 'uvtile', frames: [1], lost: 'tiles', named: 'tiles/wall.u2_v1.png (image' },
  { kind: 'movie', frames: [2], lost: 'movies', named: 'movies/film.avi (image' },
  { kind: 'strips', frames: [1, 2], lost: 'media', named: 'media/film.avi (strip' },
  { kind: 'font', frames: [1], lost: 'fonts', named: 'fonts/letters.ttf (font' },
  { kind: 'mesh-cache', frames: [1], lost: 'caches', named: 'caches/plane.mdd (mesh cache' },
  { kind: 'light-profile', frames: [1], lost: 'lights', named: 'lights/spot.ies (light profile' },
  { kind: 'movie-clip', frames: [2], lost: 'clips', named: 'clips/film.avi (movie clip' },
  { kind: 'displacement', frames: [1], lost: 'maps', named: 'maps/hills.png (image' },
  { kind: 'libraries', frames: [1], lost: 'maps', named: 'maps/red.png (image' },
  { kind: 'backslashes', frames: [1], lost: 'share', named: 'share/oak.png (image' },
  { kind: 'point-cache', frames: [12], lost: 'project/blendcache_scene', named: 'project/blendcache_scene (point cache' },
  { kind: 'external-cache', frames: [12], lost: 'caches', named: 'caches (point cache' },
  { kind: 'smoke', frames: [3], lost: 'smoke', named: 'smoke (fluid cache' },
  { kind: 'volume', frames: [1], lost: 'volumes', named: 'volumes/cloud.vdb (volume' },
  { kind: 'multiresolution', frames: [1], lost: 'details', named: 'details/relief.btx (multiresolution data' },
];

let home: string;
const sceneOf = (kind: string): string => join(home, kind, 'project/scene.blend');
const pictureOf = (folder: string, kind: string, frame: number): string => join(home, folder, `${kind}-${String(frame).padStart(4, '0')}.png`);
const pixelsIn = (folder: string, kind: string, frame: number): Uint8Array => decodePng(readFileSync(pictureOf(folder, kind, frame))).pixels;

/** A plain Blender, in the place where the scenes were made: all of them in one run. */
async function renderPlainly(folder: string): Promise<void> {
  const scenes = kinds.flatMap(({ kind, frames }) => [
    sceneOf(kind),
    '--render-output',
    join(home, folder, `${kind}-####`),
    '--render-frame',
    frames.join(','),
  ]);
  await execute('blender', ['--background', '--factory-startup', '--disable-autoexec', '-noaudio', ...scenes]);
}

/** Moves things away for as long as `work` takes. */
async function without(paths: readonly string[], work: () => Promise<void>): Promise<void> {
  for (const path of paths) renameSync(path, `${path}.gone`);
  try {
    await work();
  } finally {
    for (const path of paths) {
      // Blender makes folders for caches where it finds none.
      rmSync(path, { recursive: true, force: true });
      renameSync(`${path}.gone`, path);
    }
  }
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'svm-needs-'));
  const movie = join(home, 'film.avi');
  await execute('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc=size=32x32:rate=1', '-frames:v', '4', '-c:v', 'mjpeg', movie]);
  for (const script of ['make-dependency-scenes.py', 'make-cache-scenes.py']) {
    const path = join(import.meta.dirname, '../../support', script);
    await execute('blender', ['--background', '--factory-startup', '-noaudio', '--python-exit-code', '1', '--python', path, '--', home, movie]);
  }
  mkdirSync(join(home, 'truth'));
  mkdirSync(join(home, 'lacking'));
  await renderPlainly('truth');
  await without(
    kinds.map(({ kind, lost }) => join(home, kind, lost)),
    () => renderPlainly('lacking'),
  );
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a scene that needs what lies elsewhere', () => {
  it.concurrent.each(kinds)('has the pixels of a plain Blender on a node that has nothing but what travelled: $kind', async ({ kind, frames }) => {
    const original = join(home, kind);
    await using session = await RenderSessionUnderTest.open({ sceneFile: sceneOf(kind) }, () => renameSync(original, `${original}.gone`));
    try {
      expect(session.findings).toEqual([]);
      for (const frame of frames) {
        const truth = pixelsIn('truth', kind, frame);
        expect(Buffer.compare(await session.pixels(frame), truth), `frame ${frame}`).toBe(0);
        expect(Buffer.compare(pixelsIn('lacking', kind, frame), truth), `frame ${frame} looks the same without it`).not.toBe(0);
      }
    } finally {
      renameSync(`${original}.gone`, original);
    }
  });
});

describe('before anything runs', () => {
  it.each(kinds)('is named what is not there: $kind', async ({ kind, lost, named }) => {
    await without([join(home, kind, lost)], async () => {
      const { findings } = await inputs({ sceneFile: sceneOf(kind) });
      expect(findings[0]).toMatchObject({ severity: 'error', code: 'scene-incomplete', message: expect.stringContaining(named) });
    });
  });
});
