/**
 * Adds to package-lock.json what npm left out: optional packages for other platforms that the registry in use does not carry.
 * Without them `npm ci` refuses the lockfile. `node bin/complete-lockfile.ts`, after any change of dependencies.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: { readonly [name: string]: string };
}

interface Lockfile {
  readonly packages: { [place: string]: Locked };
}

/** `[name, version, the package that asks for it]` of every optional package that no entry resolves. */
export function missingOptionalPackages(lockfile: Lockfile): readonly (readonly [string, string, Locked])[] {
  return Object.entries(lockfile.packages).flatMap(([place, locked]) =>
    Object.entries(locked.optionalDependencies ?? {})
      .filter(([name]) => !(`${place === '' ? '' : `${place}/`}node_modules/${name}` in lockfile.packages || `node_modules/${name}` in lockfile.packages))
      .map(([name, version]) => [name, version, locked] as const),
  );
}

/** The platform a package is for, told by its name as such packages' names do. */
function platformOf(name: string): Locked {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix', 'win32'].includes(word));
  const cpu = words.filter((word) => ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'].includes(word));
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`cannot tell from its name which platform ${name} is for`);
  const musl = words.some((word) => word.startsWith('musl'));
  return { os, cpu, ...(os[0] === 'linux' ? { libc: [musl ? 'musl' : 'glibc'] } : {}) };
}

export function completeLockfile(lockfile: Lockfile): Lockfile {
  const added = missingOptionalPackages(lockfile).map(([name, version, parent]): [string, Locked] => {
    if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${name} is wanted as ${version}, which names no single version`);
    return [`node_modules/${name}`, { version, ...(parent.dev === true ? { dev: true } : {}), optional: true, ...platformOf(name) }];
  });
  const sorted = Object.entries({ ...lockfile.packages, ...Object.fromEntries(added) }).toSorted(([left], [right]) => left.localeCompare(right, 'en'));
  return { ...lockfile, packages: Object.fromEntries(sorted) };
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '../package-lock.json');
  writeFileSync(path, `${JSON.stringify(completeLockfile(JSON.parse(readFileSync(path, 'utf8'))), undefined, 2)}\n`);
}
