import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusView } from '../src/api/views.ts';
import { Lab } from '../test/support/lab.ts';
import type { Machine } from '../test/support/lab-machine.ts';
import { pixelsOf } from '../test/support/reference-render.ts';
import { rounds, verdict } from './rounds.ts';

const frames = 40;
const roundCount = 3;
const sceneScript = join(import.meta.dirname, 'light-scene.py');

/** Renders all frames of the scene into a folder that exists and is empty. */
export type RenderAll = (scene: string, folder: string) => Promise<void>;

async function blender(...words: readonly string[]): Promise<void> {
  const child = spawn('blender', ['--background', '--factory-startup', ...words], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`blender ${words.join(' ')} ended with ${code}`);
}

const oneEach: RenderAll = async (scene, folder) => {
  for (let frame = 1; frame <= frames; frame += 1) await blender(scene, '--render-output', join(folder, 'frame_####'), '--render-frame', `${frame}`);
};

const inOneRun: RenderAll = (scene, folder) => blender(scene, '--render-output', join(folder, 'frame_####'), '--render-anim');

async function readyMachine(lab: Lab): Promise<Machine> {
  const machine = lab.machine(0);
  await machine.start('--listen', '127.0.0.1:0');
  await machine.until(async () => {
    const { nodes } = await machine.json<StatusView>('status');
    return nodes.some((node) => node.inventory.programs.some((program) => program.name === 'blender'));
  }, 60_000);
  return machine;
}

/** `supervm render` on the machine, which runs one daemon. */
function bySupervm(machine: Machine): RenderAll {
  return async (scene, folder) => {
    const { code, stderr } = await machine.run('render', scene, '-o', folder);
    if (code !== 0) throw new Error(`supervm render ended with ${code}: ${stderr}`);
  };
}

function expectSamePixels(truth: string, folder: string): void {
  const [expected, found] = [pixelsOf(truth), pixelsOf(folder)];
  if (expected.length !== frames || found.length !== frames) throw new Error(`${found.length} frames instead of ${frames} in ${folder}`);
  for (const [place, frame] of found.entries()) {
    const same = expected[place];
    if (same === undefined || Buffer.compare(same.pixels, frame.pixels) !== 0) throw new Error(`${frame.name} has other pixels than a plain Blender's`);
  }
}

/** PR1: a light scene on one node, beside one Blender a frame and one Blender for all; the frames must have the same pixels. */
export async function benchRender(supervm?: RenderAll): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'svm-bench-'));
  await using lab = Lab.create({ nodes: 1, level: 'ports' });
  try {
    const scene = join(folder, 'light-scene.blend');
    await blender('--python-exit-code', '1', '--python', sceneScript, '--', scene);
    const ours = supervm ?? bySupervm(await readyMachine(lab));
    let run = 0;
    const contestant = (name: string, render: RenderAll) => ({
      name,
      measure: async () => {
        run += 1;
        const output = join(folder, `${name}-${run}`);
        mkdirSync(output);
        const start = performance.now();
        await render(scene, output);
        const seconds = (performance.now() - start) / 1000;
        const truth = join(folder, 'render_one_each-1');
        if (output !== truth) expectSamePixels(truth, output);
        return seconds / frames;
      },
    });
    const medians = await rounds(roundCount, 's/frame', [
      contestant('render_one_each', oneEach),
      contestant('render_in_one_run', inOneRun),
      contestant('render_supervm', ours),
    ]);
    const own = medians.get('render_supervm') as number;
    process.stdout.write(`scene: ${sceneScript.split('/').at(-1)}, ${frames} frames of 320x180 with 8 samples, Debian's Blender with default settings\n`);
    verdict('PR1 one Blender a frame / supervm', (medians.get('render_one_each') as number) / own, { atLeast: 2.8 });
    verdict('PR1 supervm / blender -a', own / (medians.get('render_in_one_run') as number), { atMost: 0.85 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
