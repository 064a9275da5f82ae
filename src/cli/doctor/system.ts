/** Which system this is, as far as it decides what a person has to type. Pure. */

type Manager = 'apt' | 'dnf' | 'pacman' | 'zypper' | 'apk' | 'brew';

export interface System {
  /** For people, e.g. `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  readonly manager: Manager | undefined;
  /** Its packages are called as Ubuntu's. */
  readonly ubuntu: boolean;
  readonly root: boolean;
}

export type InstallableProgram = 'blender' | 'ffmpeg' | 'bubblewrap' | 'chromium' | 'git' | 'docker' | 'python3' | 'setpriv' | 'chrony';

/** By `ID` and `ID_LIKE` of os-release. */
const managers: readonly (readonly [RegExp, Manager])[] = [
  [/^(debian|ubuntu|linuxmint|pop|raspbian|kali|elementary|neon)$/, 'apt'],
  [/^(fedora|rhel|centos|rocky|almalinux|ol|amzn)$/, 'dnf'],
  [/^(arch|archlinux|manjaro|endeavouros|cachyos)$/, 'pacman'],
  [/^(suse|opensuse.*|sles)$/, 'zypper'],
  [/^alpine$/, 'apk'],
];

const installing: { readonly [manager in Manager]: readonly string[] } = {
  apt: ['apt-get', 'install'],
  dnf: ['dnf', 'install'],
  pacman: ['pacman', '-S'],
  zypper: ['zypper', 'install'],
  apk: ['apk', 'add'],
  brew: ['brew', 'install'],
};

/** Where a package is called otherwise than the program; undefined: the system has none. */
const otherwise: { readonly [program in InstallableProgram]?: { readonly [manager in Manager]?: string | undefined } } = {
  blender: { brew: '--cask blender' },
  ffmpeg: { dnf: 'ffmpeg-free' },
  bubblewrap: { brew: undefined },
  chromium: { brew: '--cask chromium' },
  docker: { apt: 'docker.io', dnf: 'moby-engine', brew: '--cask docker' },
  python3: { pacman: 'python', brew: 'python' },
  setpriv: { apt: 'util-linux', dnf: 'util-linux', pacman: 'util-linux', zypper: 'util-linux', brew: undefined },
  chrony: { brew: undefined },
};

export function systemOf(machine: { readonly platform: string; readonly osRelease: string | undefined; readonly userId: number }): System {
  const fields = new Map<string, string>();
  for (const line of machine.osRelease?.split('\n') ?? []) {
    const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  const root = machine.userId === 0;
  if (machine.platform === 'darwin') return { name: 'macOS', manager: 'brew', ubuntu: false, root };
  const ids = [fields.get('ID') ?? '', ...(fields.get('ID_LIKE') ?? '').split(' ')];
  const manager = ids.flatMap((id) => managers.find(([pattern]) => pattern.test(id))?.[1] ?? [])[0];
  return { name: fields.get('PRETTY_NAME') ?? machine.platform, manager, ubuntu: ids.includes('ubuntu'), root };
}

/** The words that install a program here; undefined where this system's way is not known, or has no such package. */
export function installWords({ manager, ubuntu }: System, program: InstallableProgram): readonly string[] | undefined {
  if (manager === undefined) return undefined;
  // Ubuntu's is a snap behind a package of another name.
  if (ubuntu && program === 'chromium') return [...installing[manager], 'chromium-browser'];
  const others = otherwise[program];
  const name = others !== undefined && manager in others ? others[manager] : program;
  return name === undefined ? undefined : [...installing[manager], ...name.split(' ')];
}

/** What a person types to install it; empty where that is not known. */
export function installLines(system: System, program: InstallableProgram): readonly string[] {
  const words = installWords(system, program);
  if (words === undefined) return [];
  return [system.manager === 'brew' ? words.join(' ') : asRoot(system, words.join(' '))];
}

/** A line that only root may run. */
export function asRoot({ root }: Pick<System, 'root'>, line: string): string {
  return root ? line : `sudo ${line}`;
}
