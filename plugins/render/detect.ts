/** Finds Blender and what this build of it can do, by asking it. */
import type { Detect, JsonObject } from '../../src/plugin/job-type.ts';

/**
 * Prints one JSON line at once, and a second one when the drawing engines work: without any OpenGL they end the process.
 * Nothing is written to a disk: the picture of four by four pixels stays in memory.
 */
const probe = `
import bpy, json
def tell(**facts): print("supervm-blender " + json.dumps(facts), flush=True)
cycles = bool(bpy.app.build_options.cycles) and "cycles" in bpy.context.preferences.addons
denoise = False
if cycles:
    import _cycles
    denoise = bool(getattr(_cycles, "with_openimagedenoise", False))
tell(version=".".join(str(part) for part in bpy.app.version), path=bpy.app.binary_path, cycles=cycles, denoise=denoise)
scene = bpy.context.scene
for thing in list(bpy.data.objects):
    if thing.type != "CAMERA": bpy.data.objects.remove(thing)
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x = scene.render.resolution_y = 4
bpy.ops.render.render()
tell(drawing=True)
`;

const timeoutMs = 60_000;

function told(output: string): JsonObject {
  const lines = output.split('\n').filter((line) => line.startsWith('supervm-blender '));
  return Object.assign({}, ...lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))) as JsonObject)) as JsonObject;
}

export const detect: Detect = async (host) => {
  const arguments_ = ['--background', '--factory-startup', '--disable-autoexec', '-noaudio', '--python-exit-code', '1', '--python-expr', probe];
  const { stdout } = await host.execute('blender', arguments_, timeoutMs).catch(() => ({ stdout: '' }));
  const { version, path, cycles, denoise, drawing } = told(stdout);
  if (typeof version !== 'string' || typeof path !== 'string') return [];
  const features = [...(cycles === true ? ['cycles'] : []), ...(denoise === true ? ['denoise'] : []), ...(drawing === true ? ['eevee', 'workbench'] : [])];
  return [{ name: 'blender', version, path, features }];
};
