/** Needs Blender: what a user may type wrong, on one real daemon. Every answer names the cause and the next step, and leaves nothing half-done. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobView, ResultView, WhyView } from '../../src/api/views.ts';
import { execute, Lab } from '../support/lab.ts';
import type { Finished, Machine } from '../support/lab-machine.ts';

const support = resolve(import.meta.dirname, '../support');

describe('one daemon', () => {
  let lab: Lab;
  let machine: Machine;
  let folder: string;
  let scene: string;

  async function blender(script: string, name: string): Promise<string> {
    const file = join(folder, name);
    const lines = ['import bpy', script, `bpy.ops.wm.save_as_mainfile(filepath=${JSON.stringify(file)})`];
    await execute('blender', ['-b', '--factory-startup', scene, '--python-exit-code', '1', '--python-expr', lines.join('\n')]);
    return file;
  }

  function refused(finished: Finished, code: number, ...words: readonly string[]): void {
    expect(finished.code, finished.stderr).toBe(code);
    for (const word of words) expect(finished.stderr).toContain(word);
    expect(finished.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  }

  /** Why a job waits, once it is for this reason first: until then it may be that nobody has looked at it yet. */
  async function reasonsFor(asked: Machine, id: string, first: string): Promise<WhyView['reasons']> {
    let reasons: WhyView['reasons'] = [];
    await asked.until(async () => {
      reasons = (await asked.json<WhyView>('why', id)).reasons;
      return reasons[0]?.code === first;
    }, 60_000);
    return reasons;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'svm-bad-'));
    scene = join(folder, 'small.blend');
    await execute('blender', ['-b', '--factory-startup', '--python-exit-code', '1', '-P', join(support, 'make-small-scene.py'), '--', scene]);
    lab = Lab.create({ nodes: 1, level: 'ports' });
    machine = lab.machine(0);
    await machine.start('--listen', '127.0.0.1:0');
    await machine.until(async () => (await machine.run('nodes', '--json')).stdout.includes('"blender"'), 60_000);
  });

  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a scene that is missing, empty or no scene', async () => {
    writeFileSync(join(folder, 'empty.blend'), '');
    writeFileSync(join(folder, 'text.blend'), 'no scene at all');
    refused(await machine.run('render', join(folder, 'nowhere.blend'), '-o', join(folder, 'x')), 3, 'nowhere.blend');
    refused(await machine.run('render', join(folder, 'empty.blend'), '-o', join(folder, 'x')), 2, 'empty.blend');
    refused(await machine.run('render', join(folder, 'text.blend'), '-o', join(folder, 'x')), 2, 'text.blend');
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  test('a scene without a camera', async () => {
    const file = await blender("bpy.data.objects.remove(bpy.data.objects['Camera'])", 'no-camera.blend');
    refused(await machine.run('render', file, '-o', join(folder, 'x')), 2, 'camera');
  });

  test('a scene of a newer Blender waits, and why says so', async () => {
    const file = join(folder, 'newer.blend');
    const bytes = readFileSync(scene);
    expect(bytes.subarray(0, 7).toString()).toBe('BLENDER');
    bytes.write('499', 9);
    writeFileSync(file, bytes);
    const { id } = await machine.json<{ readonly id: string }>('render', file, '--frames', '1', '-o', join(folder, 'newer'), '--detach');
    const [reason] = await reasonsFor(machine, id, 'program-too-old');
    expect(reason?.message).toContain('4.99');
    expect(await machine.run('cancel', id)).toMatchObject({ code: 0 });
  });

  test('a scene that wants a denoiser this Blender was built without', async () => {
    const file = await blender('bpy.context.scene.cycles.use_denoising = True', 'denoise.blend');
    const typed = machine.type('render', file, '--frames', '1', '-o', join(folder, 'denoise'), '--detach', '--json');
    const finished = await typed.finished;
    const text = finished.stdout + finished.stderr;
    expect(text.toLowerCase()).toContain('denois');
    if (finished.code === 0) {
      const { id } = JSON.parse(finished.stdout) as { readonly id: string };
      await machine.until(
        async () =>
          JSON.stringify(await machine.json<WhyView>('why', id))
            .toLowerCase()
            .includes('denois'),
        60_000,
      );
      expect(await machine.run('cancel', id)).toMatchObject({ code: 0 });
    }
    expect(existsSync(join(folder, 'denoise/0001.png'))).toBe(false);
  });

  test('missing textures and libraries are named before anything runs; --allow-missing goes on', async () => {
    const lines = [
      "image = bpy.data.images.new('lost', 8, 8)",
      "image.source = 'FILE'",
      "image.filepath = '//../textures/lost.png'",
      'image.use_fake_user = True',
    ];
    const file = await blender(lines.join('; '), 'incomplete.blend');
    refused(await machine.run('render', file, '--frames', '1', '-o', join(folder, 'incomplete')), 3, 'lost.png', '--allow-missing');
    expect(existsSync(join(folder, 'incomplete'))).toBe(false);
    expect(await machine.run('render', file, '--frames', '1', '-o', join(folder, 'incomplete'), '--allow-missing')).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, 'incomplete'))).toHaveLength(1);
  });

  test.each(['100-1', '1-1e9', 'a', ''])('frames %j', async (frames) => {
    refused(await machine.run('render', scene, `--frames=${frames}`, '-o', join(folder, 'x')), 2, 'frames');
  });

  test.each([
    ['0', 1],
    ['-5-5', 11],
    ['1,1,2-4', 4],
  ])('frames %j are %d frames', async (frames, count) => {
    const output = join(folder, `frames${frames}`);
    expect(await machine.run('render', scene, `--frames=${frames}`, '-o', output)).toMatchObject({ code: 0 });
    expect(readdirSync(output)).toHaveLength(count);
  });

  test('an output folder that is a file or cannot be made', async () => {
    refused(await machine.run('render', scene, '--frames', '1', '-o', scene), 2, 'small.blend');
    refused(await machine.run('render', scene, '--frames', '1', '-o', '/proc/nothing'), 2, '/proc/nothing');
  });

  test('frames that exist already are refused, skipped or overwritten', async () => {
    const output = join(folder, 'existing');
    mkdirSync(output);
    expect(await machine.run('render', scene, '--frames', '1-2', '-o', output)).toMatchObject({ code: 0 });
    const [first] = readdirSync(output).toSorted();
    const marked = join(output, first as string);
    writeFileSync(marked, 'mine');
    refused(await machine.run('render', scene, '--frames', '1-3', '-o', output), 2, first as string, '--overwrite');
    expect(readFileSync(marked, 'utf8')).toBe('mine');
    expect(await machine.run('render', scene, '--frames', '1-3', '-o', output, '--skip-existing')).toMatchObject({ code: 0 });
    expect(readFileSync(marked, 'utf8')).toBe('mine');
    expect(readdirSync(output)).toHaveLength(3);
    expect(await machine.run('render', scene, '--frames', '1-3', '-o', output, '--overwrite')).toMatchObject({ code: 0 });
    expect(readFileSync(marked).subarray(1, 4).toString()).toBe('PNG');
  });

  test('a Blender killed in mid-frame costs one attempt', async () => {
    const output = join(folder, 'killed');
    const { id } = await machine.json<{ readonly id: string }>('render', scene, '--frames', '1-60', '--samples', '64', '-o', output, '--detach');
    await machine.until(async () => (await machine.json<JobView>('job', id)).tasks.kept >= 3, 120_000);
    const [result] = await machine.json<readonly ResultView[]>('job', id, '--results');
    process.kill(result?.process as number, 'SIGKILL');
    expect(await machine.run('wait', id)).toMatchObject({ code: 0 });
    expect(readdirSync(output)).toHaveLength(60);
  });

  test('standard output closed early ends quietly', async () => {
    const finished = await machine.command(['sh', '-c', `${machine.supervm} nodes --json | head -c 1`]).finished;
    expect(finished).toMatchObject({ code: 0, stderr: '' });
  });

  test('an unknown job, an unknown command, an unknown flag', async () => {
    refused(await machine.run('job', 'abcdef12'), 3, 'abcdef12');
    refused(await machine.run('rendr', scene), 2, 'render');
    refused(await machine.run('render', scene, '--frame', '1'), 2, '--frames');
  });

  test('no node with Blender: the job waits and why says what to install', async () => {
    await using other = Lab.create({ nodes: 1, level: 'ports' });
    const bare = other.machine(0);
    const empty = join(other.folder, 'empty');
    mkdirSync(empty);
    await bare.start('--listen', '127.0.0.1:0', '--without', 'blender');
    const { id } = await bare.json<{ readonly id: string }>('render', scene, '--frames', '1', '-o', join(folder, 'nobody'), '--detach');
    const [reason] = await reasonsFor(bare, id, 'no-program');
    expect(reason?.hint).toContain('install');
  });
});

test('no daemon: exit 5 and what to type', async () => {
  await using lab = Lab.create({ nodes: 1, level: 'ports' });
  const finished = await lab.machine(0).run('status');
  expect(finished.code).toBe(5);
  expect(finished.stderr).toContain('supervm up');
});
