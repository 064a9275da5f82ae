/** Which programs for jobs are here? Pure. */
import { check, type Finding } from '../finding.ts';
import { type InstallableProgram, installLines, installWords, type System } from '../system.ts';

export interface FoundProgram {
  readonly name: InstallableProgram;
  /** What it says its version is; undefined where it says none. */
  readonly version: string | undefined;
  readonly path: string;
  /** Of Blender: what the build can do; undefined while nobody has looked. */
  readonly features: readonly string[] | undefined;
  /** What else there is to say of it; may be empty. */
  readonly remark: string;
  /** It did not answer in time. */
  readonly late: boolean;
}

export interface ProgramsReading {
  readonly found: readonly FoundProgram[];
  readonly platform: string;
  readonly system: System;
  /** Programs that the settings keep back. */
  readonly without: readonly string[];
}

/** `needed`: jobs of today's types cannot run here without it. */
const wanted: readonly { readonly name: InstallableProgram; readonly title: string; readonly why: string; readonly needed: boolean }[] = [
  { name: 'blender', title: 'Blender', why: 'for render jobs; without it this machine can submit them and keep copies, but renders nothing', needed: true },
  { name: 'bubblewrap', title: 'bubblewrap', why: 'keeps tasks away from your files', needed: true },
  { name: 'ffmpeg', title: 'ffmpeg', why: 'makes films of frames', needed: false },
  { name: 'chromium', title: 'Chromium', why: 'for jobs in a browser', needed: false },
  { name: 'git', title: 'git', why: 'fetches sources for jobs', needed: false },
  { name: 'docker', title: 'Docker', why: 'starts further nodes in containers', needed: false },
  { name: 'python3', title: 'Python 3', why: 'for jobs that are Python scripts', needed: false },
];

export function checkPrograms(reading: ProgramsReading): readonly Finding[] {
  return wanted.map((one) => ofProgram(one, reading));
}

function ofProgram({ name, title, why, needed }: (typeof wanted)[number], { found, platform, system, without }: ProgramsReading): Finding {
  const { ok, none, warning } = check('programs', name);
  if (without.includes(name)) return none(`${title} is kept back by the settings (without)`);
  const here = found.find((program) => program.name === name);
  if (here !== undefined) {
    const version = here.version ?? (here.late ? '(did not say its version in time)' : '(says no version)');
    if (name === 'blender' && here.features !== undefined && !here.features.includes('denoise')) return withoutDenoise(title, version, system);
    return ok(`${title} ${version}${here.remark === '' ? '' : ` (${here.remark})`}`);
  }
  if (name === 'bubblewrap' && platform !== 'linux') return none(`${title} is for Linux alone`);
  if (!needed) return none(`${title} is not installed (${why})`, installLines(system, name));
  const words = system.root && system.manager === 'apt' ? installWords(system, name) : undefined;
  const [program, ...rest] = words ?? [];
  return warning(`${title} is not installed`, {
    cause: `${title} ${why}.`,
    advice: installLines(system, name).length === 0 ? `Install it as ${system.name} does.` : 'Install it:',
    commands: installLines(system, name),
    repairs: program === undefined ? [] : [{ kind: 'install', command: [program, ...rest] }],
  });
}

function withoutDenoise(title: string, version: string, system: System): Finding {
  return check('programs', 'blender').warning(`${title} ${version} was built without OpenImageDenoise`, {
    cause: `Scenes that ask for denoising (newer Blenders do by default) write no frame here, so they go to other machines. The packages of ${system.name} are often built so.`,
    advice: 'Use the build of blender.org: unpack it and put a link to it where it is found first:',
    commands: ['sudo ln -s /opt/blender/blender /usr/local/bin/blender'],
  });
}
