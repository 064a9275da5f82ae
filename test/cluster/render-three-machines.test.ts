/** Needs root, network namespaces, Blender and the scenes in ../shared (a real animation with a linked library and an image outside its folder). */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobView, ResultView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import { pixelsOf, renderPlainly } from '../support/reference-render.ts';
import { coordinatorOf, startCluster } from '../support/start-cluster.ts';

const shared = resolve(import.meta.dirname, '../../../shared/scenes');
const flags = ['--frames', '1-24', '--resolution', '20%', '--samples', '4'];
const reference = { first: 1, last: 24, percentage: 20, samples: 4 };

describe.runIf(existsSync(shared))('a real scene on three machines (needs ../shared/scenes)', () => {
  let folder: string;
  let scenes: string;
  let truth: ReturnType<typeof pixelsOf>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'svm-scene-'));
    scenes = join(folder, 'scenes');
    cpSync(shared, scenes, { recursive: true });
    await renderPlainly(join(scenes, 'scenes/03_animated_cube.blend'), join(folder, 'truth'), reference);
    truth = pixelsOf(join(folder, 'truth'));
  }, 240_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function expectTruth(output: string): void {
    const frames = pixelsOf(output);
    expect(frames.map((frame) => frame.name)).toHaveLength(24);
    for (const [index, frame] of frames.entries()) {
      expect(Buffer.compare(frame.pixels, truth[index]?.pixels as Uint8Array), `pixels of ${frame.name}`).toBe(0);
    }
  }

  test('the truth needs the library and the image', async () => {
    const bare = join(folder, 'bare');
    cpSync(join(scenes, 'scenes/03_animated_cube.blend'), join(bare, 'scenes/03_animated_cube.blend'));
    await renderPlainly(join(bare, 'scenes/03_animated_cube.blend'), join(folder, 'without'), { ...reference, last: 1 });
    const first = pixelsOf(join(folder, 'without'))[0];
    expect(Buffer.compare(first?.pixels as Uint8Array, truth[0]?.pixels as Uint8Array)).not.toBe(0);
  }, 120_000);

  test('gives the pixels of a plain Blender, though only the submitting machine has the files', async () => {
    await using lab = Lab.create({ nodes: 3, hidden: [folder] });
    await startCluster(lab);
    for (const file of ['scenes/03_animated_cube.blend', 'pbr_node/glTF2.blend', 'environments/field.hdr']) {
      expect((await lab.machine(0).command(['head', '-c', '1', join(scenes, file)]).finished).code).toBe(0);
      for (const index of [1, 2]) expect((await lab.machine(index).command(['head', '-c', '1', join(scenes, file)]).finished).code).not.toBe(0);
    }
    const output = join(folder, 'calm');
    const rendered = await lab.machine(0).run('render', join(scenes, 'scenes/03_animated_cube.blend'), ...flags, '-o', output);
    expect(rendered, rendered.stderr).toMatchObject({ code: 0 });
    expectTruth(output);
    const jobs = await lab.machine(0).json<readonly JobView[]>('jobs');
    const results = await lab.machine(0).json<readonly ResultView[]>('job', jobs[0]?.id as string, '--results');
    expect(results).toHaveLength(24);
    const shares = Map.groupBy(results, (result) => result.nodeName);
    expect([...shares.keys()].toSorted()).toEqual(['n1', 'n2', 'n3']);
    for (const [node, share] of shares) {
      expect(share.length, `share of ${node}`).toBeGreaterThanOrEqual(4);
      expect(new Set(share.map((result) => result.process)).size, `one warm Blender on ${node}`).toBe(1);
    }
  }, 240_000);

  test('goes on when the coordinator is killed after the eighth frame, each frame kept once', async () => {
    await using lab = Lab.create({ nodes: 3, hidden: [folder] });
    await startCluster(lab);
    const coordinator = await coordinatorOf(lab, lab.machine(0));
    const output = join(folder, 'storm');
    // The scene lives on the first machine only, so that is where it is submitted; when it coordinates too, it is given back its files after the crash.
    const submitter = lab.machine(0);
    const { id } = await submitter.json<{ readonly id: string }>('render', join(scenes, 'scenes/03_animated_cube.blend'), ...flags, '-o', output, '--detach');
    const watcher = lab.machines.find((machine) => machine !== coordinator) ?? submitter;
    await watcher.until(async () => (await watcher.json<JobView>('job', id)).tasks.kept >= 8, 120_000);
    await coordinator.kill('SIGKILL');
    await watcher.until(async () => (await watcher.json<JobView>('job', id)).phase === 'succeeded', 180_000);
    if (coordinator === submitter) await submitter.start();
    const waited = await submitter.run('wait', id);
    expect(waited, waited.stderr).toMatchObject({ code: 0 });
    expectTruth(output);
    const results = await watcher.json<readonly ResultView[]>('job', id, '--results');
    expect(new Set(results.map((result) => result.task)).size).toBe(24);
    expect(results).toHaveLength(24);
    expect((await watcher.json<JobView>('job', id)).conflicts).toEqual([]);
  }, 400_000);
});
