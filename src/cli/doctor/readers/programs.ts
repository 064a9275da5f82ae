/** Programs for jobs and their versions, by asking them. */
import type { Program } from '../../../model/inventory.ts';
import type { FoundProgram } from '../checks/programs.ts';
import type { InstallableProgram } from '../system.ts';
import { isThere, isUsable } from './files.ts';
import { findProgram, runProgram } from './run-program.ts';

const timeoutMs = 4000;

const asked: readonly { readonly name: InstallableProgram; readonly files: readonly string[]; readonly words: readonly string[] }[] = [
  { name: 'bubblewrap', files: ['bwrap'], words: ['--version'] },
  { name: 'ffmpeg', files: ['ffmpeg'], words: ['-version'] },
  { name: 'chromium', files: ['chromium', 'chromium-browser', 'google-chrome'], words: ['--version'] },
  { name: 'git', files: ['git'], words: ['--version'] },
  { name: 'docker', files: ['docker'], words: ['--version'] },
  { name: 'python3', files: ['python3'], words: ['--version'] },
];

/** One line of JSON: less than what plugins/render/detect.ts asks, which draws a picture too. */
const blenderProbe = `
import bpy, json
try:
    import _cycles
    denoise = bool(getattr(_cycles, "with_openimagedenoise", False))
except ImportError:
    denoise = False
print("supervm-blender " + json.dumps({"version": bpy.app.version_string, "denoise": denoise}), flush=True)
`;

/** `known`: what a daemon here has found already; Blender takes a second to say anything. `without`: not to be run. */
export async function readPrograms(known: readonly Program[] | undefined, without: readonly string[]): Promise<readonly FoundProgram[]> {
  const others = asked.filter(({ name }) => !without.includes(name)).map(ask);
  const found = await Promise.all([without.includes('blender') ? undefined : blender(known), ...others]);
  return found.filter((program) => program !== undefined);
}

async function ask({ name, files, words }: (typeof asked)[number]): Promise<FoundProgram | undefined> {
  const path = files.map(findProgram).find((file) => file !== undefined);
  if (path === undefined) return undefined;
  const { output, late } = await runProgram(path, words, timeoutMs);
  return { name, path, version: /\d+(?:\.\d+)+[\w.-]*/.exec(output)?.[0], features: undefined, remark: name === 'docker' ? ofEngine() : '', late };
}

/** The program alone does nothing. */
function ofEngine(): string {
  const socket = '/var/run/docker.sock';
  if (!isThere(socket)) return 'its engine does not run';
  return isUsable(socket) ? '' : 'this user may not use its engine';
}

async function blender(known: readonly Program[] | undefined): Promise<FoundProgram | undefined> {
  const told = known?.find(({ name }) => name === 'blender');
  if (told !== undefined) return { name: 'blender', path: told.path, version: told.version, features: told.features, remark: '', late: false };
  const path = findProgram('blender');
  if (path === undefined) return undefined;
  const words = ['--background', '--factory-startup', '--disable-autoexec', '-noaudio', '--python-expr', blenderProbe];
  const { output, late } = await runProgram(path, words, timeoutMs);
  const line = output.split('\n').find((text) => text.startsWith('supervm-blender '));
  if (line === undefined) return { name: 'blender', path, version: /Blender (\d\S*)/.exec(output)?.[1], features: undefined, remark: '', late };
  const { version, denoise } = JSON.parse(line.slice(line.indexOf('{'))) as { readonly version: string; readonly denoise: boolean };
  return { name: 'blender', path, version, features: denoise ? ['denoise'] : [], remark: '', late };
}
