/** Needs Blender: one frame of a hundred that can never be rendered. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobView } from '../../src/api/views.ts';
import { execute, Lab } from '../support/lab.ts';
import { startCluster } from '../support/start-cluster.ts';

const frames = 100;
const broken = 42;
let folder: string;
let scene: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svm-failing-'));
  scene = join(folder, 'sequence.blend');
  mkdirSync(join(folder, 'plates'));
  const script = resolve(import.meta.dirname, '../support/make-sequence-scene.py');
  await execute('blender', ['-b', '--factory-startup', '--python-exit-code', '1', '-P', script, '--', scene, join(folder, 'plates'), `${frames}`]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a frame that always fails ends the job with 7, is named with its log, and retry runs only it once the cause is mended', async () => {
  const plate = join(folder, 'plates', `plate_${String(broken).padStart(4, '0')}.png`);
  writeFileSync(plate, 'damaged');
  await using lab = Lab.create({ nodes: 2, level: 'ports' });
  await startCluster(lab);
  const machine = lab.machine(0);
  const output = join(folder, 'out');
  const rendered = await machine.run('render', scene, '--frames', `1-${frames}`, '-o', output);
  expect(rendered.code, rendered.stderr).toBe(7);
  expect(rendered.stdout + rendered.stderr).toContain(`frame=${broken}`);
  expect(rendered.stdout + rendered.stderr).toContain(`plate_${String(broken).padStart(4, '0')}.png`);
  expect(rendered.stdout + rendered.stderr).toContain('supervm retry');
  expect(readdirSync(output)).toHaveLength(frames - 1);
  const [job] = await machine.json<readonly JobView[]>('jobs');
  const before = await machine.json<readonly { readonly task: string; readonly attempt: unknown }[]>('job', job?.id as string, '--results');
  expect(await machine.run('retry', job?.id as string)).toMatchObject({ code: 0 });
  expect((await machine.run('wait', job?.id as string)).code).toBe(7);
  const view = await machine.json<JobView>('job', job?.id as string);
  expect(view.generation).toBe(2);
  expect(view.tasks).toMatchObject({ total: frames, kept: frames - 1, failed: 1 });
  expect(await machine.json('job', job?.id as string, '--results')).toEqual(before);
});
