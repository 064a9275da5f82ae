/** Needs Blender. A scene that tries to run code of its own, or to write a file, in every way a .blend file knows. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { RenderSessionUnderTest } from '../../support/render-session.ts';

let home: string;
let nests: string;
let scene: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-canary-'));
  nests = join(home, 'nests');
  scene = join(home, 'scene/canary.blend');
  mkdirSync(join(home, 'scene'));
  const script = join(import.meta.dirname, '../../support/make-canary-scene.py');
  const always = ['--background', '--factory-startup', '--disable-autoexec', '-noaudio', '--python-exit-code', '1'];
  execFileSync('blender', [...always, '--python', script, '--', join(home, 'scene'), nests], { stdio: 'ignore' });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => rmSync(nests, { recursive: true, force: true }));

/** What the scene has left where it should not. */
async function left(settings: {
  readonly allowScripts?: boolean;
}): Promise<{ readonly session: RenderSessionUnderTest; readonly files: readonly string[]; readonly warnings: readonly string[] }> {
  mkdirSync(nests, { mode: 0o777 });
  const session = await RenderSessionUnderTest.open({ sceneFile: scene, frames: '1', ...settings });
  const { warnings } = await session.render(1);
  return { session, files: readdirSync(nests), warnings };
}

test('a scene leaves no trace outside its frame, and the user is told by name what did not run', async () => {
  const before = readdirSync(join(home, 'scene'));
  const { session, files, warnings } = await left({});
  await using rendered = session;
  expect(files).toEqual([]);
  expect(readdirSync(join(home, 'scene'))).toEqual(before);
  expect(readdirSync(join(rendered.folder, 'inputs'))).toEqual(before.filter((name) => /blend$|osl$/.test(name)));
  const [told] = rendered.findings.filter(({ code }) => code === 'scene-scripts');
  expect(told).toMatchObject({ severity: 'warning', hint: expect.stringContaining('--allow-scripts') });
  for (const named of [
    'will not run',
    '2 drivers with Python ("Cube", "linked")',
    '1 registered text block ("start.py")',
    '1 Freestyle script ("Scene")',
    '1 shader in Open',
  ])
    expect(told?.message).toContain(named);
  expect(warnings.join('\n')).toMatch(/Freestyle style modules[\s\S]*Open Shading Language[\s\S]*a script was not run: Driver/);
});

test('the same scene runs its code once that is allowed, and even then names no file for its pictures', async () => {
  const { session, files } = await left({ allowScripts: true });
  await using rendered = session;
  // Which proves that the scene bites.
  expect(files).toEqual(expect.arrayContaining(['driver', 'freestyle', 'library-driver', 'text', 'text-handler']));
  expect(files.filter((name) => /compositor|path-of|^import|^file/.test(name))).toEqual([]);
  expect(rendered.findings).toContainEqual(expect.objectContaining({ code: 'scene-scripts', message: expect.stringContaining('is allowed') }));
});
