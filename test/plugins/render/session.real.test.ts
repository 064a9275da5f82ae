/** Needs Blender: the render job type's session with scenes that the test makes itself. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detect } from '../../../plugins/render/detect.ts';
import { decodePng } from '../../../plugins/render/png.ts';
import { execute } from '../../support/lab.ts';
import { RenderSessionUnderTest, runningBlenders } from '../../support/render-session.ts';

const support = resolve(import.meta.dirname, '../../support');
const quiet = ['--background', '--factory-startup', '--python-exit-code', '1'];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-scenes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function scene(kind: string): Promise<string> {
  const path = join(folder, `${kind}.blend`);
  if (!existsSync(path)) await execute('blender', [...quiet, '--python', join(support, 'make-render-scene.py'), '--', kind, path]);
  return path;
}

/** Frames 1 to 4 as a plain Blender renders them in one run. */
async function truth(path: string): Promise<readonly Uint8Array[]> {
  const output = mkdtempSync(join(folder, 'truth-'));
  await execute('blender', ['--background', '--factory-startup', path, '--render-output', join(output, '####'), '--render-anim']);
  return [1, 2, 3, 4].map((frame) => decodePng(readFileSync(join(output, `000${frame}.png`))).pixels);
}

describe('a session', () => {
  it('renders frame after frame in one Blender, with progress, and ends it', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('changing') });
    const fractions: number[] = [];
    const outcomes = [];
    for (const frame of [3, 1, 2]) outcomes.push(await session.render(frame, { onProgress: (fraction) => fractions.push(fraction) }));
    expect(outcomes.map((outcome) => outcome.outputs)).toEqual([['frame_0003.png'], ['frame_0001.png'], ['frame_0002.png']]);
    expect(new Set(outcomes.map((outcome) => outcome.process))).toEqual(new Set(runningBlenders()));
    expect(outcomes.flatMap((outcome) => outcome.warnings)).toEqual([]);
    expect(fractions.length).toBeGreaterThanOrEqual(3);
    expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
    await session[Symbol.asyncDispose]();
    expect(runningBlenders()).toEqual([]);
  });

  it.each(['changing', 'shutter', 'simplify', 'particles'])("gives a plain Blender's pixels in any order of frames: %s", async (kind) => {
    const path = await scene(kind);
    const expected = await truth(path);
    expect(new Set(expected.map((pixels) => Buffer.from(pixels).toString('base64'))).size).toBe(4);
    await using session = await RenderSessionUnderTest.open({ sceneFile: path });
    for (const frame of [1, 2, 3, 4, 2]) expect(Buffer.compare(await session.pixels(frame), expected[frame - 1] ?? Buffer.alloc(0)), `frame ${frame}`).toBe(0);
  });

  it('applies what the settings override', async () => {
    const settings = { engine: 'cycles', resolution: '40x20', samples: 2, scene: 'Close', camera: 'Near', denoise: 'off', fileName: '##', format: 'PNG' };
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('two-scenes'), ...settings });
    const { file, outputs } = await session.render(-1);
    expect(outputs).toEqual(['-01.png']);
    expect(decodePng(readFileSync(file))).toMatchObject({ width: 40, height: 20 });
    await using other = await RenderSessionUnderTest.open({ sceneFile: await scene('two-scenes'), ...settings, scene: 'Scene', camera: 'Camera' });
    expect(Buffer.compare(await session.pixels(1), await other.pixels(1))).not.toBe(0);
  });

  it('knows the size of a cropped frame', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('crop') });
    expect(decodePng(readFileSync((await session.render(1)).file))).toMatchObject({ width: 41, height: 25 });
  });

  it.each(['JPEG', 'OPEN_EXR', 'OPEN_EXR_MULTILAYER', 'TIFF', 'WEBP', 'BMP', 'TARGA', 'HDR'])(
    'checks frames of the format %s, their size too',
    async (format) => {
      await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('changing'), format });
      expect(existsSync((await session.render(1)).file)).toBe(true);
      expect(await session.fault(1, { script: { width: 65 } })).toMatchObject({ code: 'output-invalid', retry: true });
    },
  );

  it('runs no script of the scene, and says so', async () => {
    const path = await scene('canary');
    await using session = await RenderSessionUnderTest.open({ sceneFile: path });
    const { warnings } = await session.render(1);
    expect(warnings.join()).toContain('script');
    expect(existsSync(`${path}.canary`)).toBe(false);
  });
});

describe('a Blender that ends', () => {
  it('costs the attempt it was in, and no more', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('long') });
    const [first] = runningBlenders();
    const fault = await session.fault(1, { onProgress: () => process.kill(first as number, 'SIGKILL') });
    expect(fault).toMatchObject({ code: 'program-died', retry: true, blameNode: true });
    expect(fault.message).toContain('SIGKILL');
    const next = await session.render(1, { script: { samples: 1 } });
    expect(next.process).not.toBe(first);
    expect(decodePng(readFileSync(next.file))).toMatchObject({ width: 64, height: 36 });
  });

  it('by a crash of its own does not blame the node', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('long') });
    const [first] = runningBlenders();
    expect(await session.fault(1, { onProgress: () => process.kill(first as number, 'SIGSEGV') })).toMatchObject({
      code: 'program-died',
      retry: true,
      blameNode: false,
    });
  });

  it('between two frames costs nothing', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('changing') });
    const { process: first } = await session.render(1);
    process.kill(first, 'SIGKILL');
    await expect.poll(() => runningBlenders(), { timeout: 10_000 }).toEqual([]);
    expect((await session.render(2)).process).not.toBe(first);
  });

  it('because the attempt was stopped is gone at once, and the next frame has a new one', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('long') });
    const stop = new AbortController();
    const reason = new Error('cancelled');
    await expect(session.render(1, { signal: stop.signal, onProgress: () => stop.abort(reason) })).rejects.toBe(reason);
    expect(runningBlenders()).toEqual([]);
    expect((await session.render(1, { script: { samples: 1 } })).outputs).toEqual(['frame_0001.png']);
  });
});

describe('a frame that would be wrong is not rendered', () => {
  it('for want of a texture, which is named; unless that is allowed', async () => {
    const sceneFile = await scene('missing');
    await using session = await RenderSessionUnderTest.open({ sceneFile });
    expect(session.findings.map((finding) => finding.code)).toEqual(['scene-incomplete']);
    const fault = await session.fault(1);
    expect(fault).toMatchObject({ code: 'scene-incomplete', retry: false });
    expect(fault.message).toContain('lost.png');
    await using allowed = await RenderSessionUnderTest.open({ sceneFile, allowMissing: true });
    expect((await allowed.render(1)).warnings.join()).toContain('lost.png');
  });

  it('for want of a camera', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('no-camera') });
    expect(await session.fault(1)).toMatchObject({ code: 'scene-unrenderable', retry: false });
  });

  it('for want of a denoiser, where this Blender has none', async () => {
    const [blender] = await detected();
    const sceneFile = await scene('denoise');
    await using session = await RenderSessionUnderTest.open({ sceneFile });
    if (blender?.features.includes('denoise') === true) expect((await session.render(1)).outputs).toHaveLength(1);
    else {
      const fault = await session.fault(1);
      expect(fault).toMatchObject({ code: 'scene-unrenderable', retry: false });
      expect(fault.message).toContain('--denoise off');
    }
    await using without = await RenderSessionUnderTest.open({ sceneFile, denoise: 'off' });
    expect((await without.render(1)).outputs).toHaveLength(1);
  });

  it('because a newer Blender saved the scene', async () => {
    const newer = join(folder, 'newer.blend');
    copyFileSync(await scene('crop'), newer);
    const bytes = readFileSync(newer);
    expect(bytes.toString('latin1', 0, 8)).toBe('BLENDER-');
    bytes.write('499', 9);
    writeFileSync(newer, bytes);
    await using session = await RenderSessionUnderTest.open({ sceneFile: newer });
    expect(await session.fault(1)).toMatchObject({ code: 'scene-too-new', retry: false });
  });

  it('because one picture of a sequence is damaged or missing: only the frames that show it', async () => {
    const plates = join(folder, 'plates');
    mkdirSync(plates);
    const sceneFile = join(folder, 'sequence.blend');
    await execute('blender', [...quiet, '--python', join(support, 'make-sequence-scene.py'), '--', sceneFile, plates, '4']);
    writeFileSync(join(plates, 'plate_0002.png'), 'damaged');
    rmSync(join(plates, 'plate_0003.png'));
    await using session = await RenderSessionUnderTest.open({ sceneFile });
    expect((await session.render(1)).warnings).toEqual([]);
    expect((await session.fault(2)).message).toContain('plate_0002.png');
    expect((await session.fault(3)).message).toContain('plate_0003.png');
    expect((await session.render(4)).warnings).toEqual([]);
  });

  it('of another size', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('changing') });
    expect((await session.fault(1, { script: { height: 37 } })).message).toContain('64x36 pixels instead of 64x37');
  });
});

it('absolute paths lead into the inputs: libraries, pictures, sequences, tiles and fonts', async () => {
  const home = mkdtempSync(join(folder, 'absolute-'));
  await execute('blender', [...quiet, '--python', join(support, 'make-absolute-scene.py'), '--', home]);
  const sceneFile = join(home, 'scene/absolute.blend');
  const output = join(home, 'truth');
  await execute('blender', ['--background', '--factory-startup', sceneFile, '--render-output', join(output, '####'), '--render-anim']);
  const hide = () => renameSync(join(home, 'elsewhere'), join(home, 'gone'));
  await using session = await RenderSessionUnderTest.open({ sceneFile }, hide);
  expect(session.findings).toEqual([]);
  for (const frame of [1, 2, 3]) {
    const expected = decodePng(readFileSync(join(output, `000${frame}.png`))).pixels;
    expect(Buffer.compare(await session.pixels(frame), expected), `frame ${frame}`).toBe(0);
  }
});

describe.runIf(process.getuid?.() === 0)('on a full disk (needs root, to mount a small one)', () => {
  it.each(['PNG', 'OPEN_EXR', 'JPEG'])('a frame of the format %s blames the node', async (format) => {
    const disk = mkdtempSync(join(folder, 'disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    try {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(64 * 1024 - 8192));
      await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('changing'), format, resolution: '1280x720' });
      expect(await session.fault(1, { outputs: disk })).toMatchObject({ code: 'disk-full', retry: true, blameNode: true });
      expect((await session.render(1)).outputs).toHaveLength(1);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

/** The real programs of this machine. */
function detected() {
  return detect({
    execute: async (file, words) => ({ stdout: execFileSync(file, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), exitCode: 0 }),
  });
}

describe('detection', () => {
  it('tells version, place and features of the Blender that is here', async () => {
    const [blender] = await detected();
    const told = execFileSync('blender', ['--version'], { encoding: 'utf8' });
    expect(told).toContain(`Blender ${blender?.version}`);
    expect(blender?.path.startsWith('/')).toBe(true);
    expect(blender?.features).toContain('cycles');
  });

  it('finds nothing where nothing is', async () => {
    expect(await detect({ execute: () => Promise.reject(new Error('ENOENT')) })).toEqual([]);
    expect(await detect({ execute: async () => ({ stdout: 'Blender 9.9.9\n', exitCode: 0 }) })).toEqual([]);
  });
});
