/**
 * What this process may use where control groups limit it (containers, services): `os` and most libraries tell of the whole machine.
 * Version 1, version 2 and both at once; without control groups nothing is limited.
 */

/** Text of a file; undefined when there is none. */
export type ReadText = (path: string) => string | undefined;

export interface GroupLimits {
  /** Cores' worth of time, may be fractional; undefined: no limit. */
  readonly cores?: number;
  readonly memoryBytes?: number;
  /** Used by the limited group, without what can be given back at once. Only where memory is limited. */
  readonly usedMemoryBytes?: number;
}

/** Version 1 writes the largest page-aligned number for "no limit"; no machine has a thousandth of it. */
const unlimitedBytes = 2 ** 53;

interface Group {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly path: string;
}

/** More, or deeper ones, no system has; each level of each is looked into. */
const mostGroups = 64;
const mostLevels = 64;
/** Bytes, of Linux. */
const longestPath = 4096;

/** Lines of /proc/self/cgroup: `4:memory:/path` for version 1, `0::/path` for version 2. */
function readGroups(text: string): readonly Group[] {
  return text.split('\n', mostGroups).flatMap((line): Group[] => {
    const [, number, names, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined || path.length > longestPath || path.split('/').length > mostLevels) return [];
    return [{ version: number === '0' && names === '' ? 2 : 1, controllers: names.split(','), path }];
  });
}

/** The tightest limits of the groups this process is in, the groups around them included. */
export function groupLimits(read: ReadText): GroupLimits {
  const found = groupFolders(read).map(({ version, folder }) => (version === 2 ? limitsOf2(folder, read) : limitsOf1(folder, read)));
  const cores = smallest(found.map((limits) => limits.cores));
  const limited = found.filter((limits) => limits.memoryBytes !== undefined).toSorted((a, b) => (a.memoryBytes ?? 0) - (b.memoryBytes ?? 0))[0];
  return { ...(cores === undefined ? {} : { cores }), ...(limited === undefined ? {} : withoutCores(limited)) };
}

/** Nanoseconds of processor time used by this process's group; undefined where groups do not count it. */
export function groupProcessorTime(read: ReadText): number | undefined {
  for (const { version, folder } of groupFolders(read)) {
    if (version === 2) {
      const micros = /^usage_usec (\d+)$/m.exec(read(`${folder}/cpu.stat`) ?? '')?.[1];
      if (micros !== undefined) return Number(micros) * 1000;
    } else {
      const nanos = count(read(`${folder}/cpuacct.usage`));
      if (nanos !== undefined) return nanos;
    }
  }
  return undefined;
}

/**
 * Folders to look into, innermost first. Inside a container the path is often the machine's, of which only the end is mounted: a folder
 * that is not there simply has no files.
 */
function groupFolders(read: ReadText): readonly { readonly version: 1 | 2; readonly folder: string }[] {
  const pure = read('/sys/fs/cgroup/cgroup.controllers') !== undefined;
  return readGroups(read('/proc/self/cgroup') ?? '').flatMap(({ version, controllers, path }) => {
    const roots = version === 2 ? [pure ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified'] : controllers.filter(counts).map((name) => `/sys/fs/cgroup/${name}`);
    return roots.flatMap((root) => upwards(path).map((part) => ({ version, folder: `${root}${part}` })));
  });
}

function counts(controller: string): boolean {
  return controller === 'cpu' || controller === 'cpuacct' || controller === 'memory';
}

/** `/a/b` gives `/a/b`, `/a` and ``. */
function upwards(path: string): readonly string[] {
  const parts = path.split('/').filter(Boolean);
  return [...parts.keys(), parts.length].reverse().map((length) =>
    parts
      .slice(0, length)
      .map((part) => `/${part}`)
      .join(''),
  );
}

function limitsOf2(folder: string, read: ReadText): GroupLimits {
  const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ').map(Number);
  const limit = count(read(`${folder}/memory.max`));
  const used = count(read(`${folder}/memory.current`));
  const givenBack = Number(/^inactive_file (\d+)$/m.exec(read(`${folder}/memory.stat`) ?? '')?.[1] ?? 0);
  return { ...coresOf(quota, period), ...memoryOf(limit, used, givenBack) };
}

function limitsOf1(folder: string, read: ReadText): GroupLimits {
  const quota = Number(read(`${folder}/cpu.cfs_quota_us`) ?? Number.NaN);
  const period = Number(read(`${folder}/cpu.cfs_period_us`) ?? Number.NaN);
  const limit = count(read(`${folder}/memory.limit_in_bytes`));
  const used = count(read(`${folder}/memory.usage_in_bytes`));
  const givenBack = Number(/^total_inactive_file (\d+)$/m.exec(read(`${folder}/memory.stat`) ?? '')?.[1] ?? 0);
  return { ...coresOf(quota, period), ...memoryOf(limit, used, givenBack) };
}

function coresOf(quota: number | undefined, period: number | undefined): { readonly cores?: number } {
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return {};
  return { cores: quota / period };
}

function memoryOf(limit: number | undefined, used: number | undefined, givenBack: number): Omit<GroupLimits, 'cores'> {
  if (limit === undefined || limit >= unlimitedBytes) return {};
  return { memoryBytes: limit, ...(used === undefined ? {} : { usedMemoryBytes: Math.max(0, used - givenBack) }) };
}

function withoutCores({ cores: _cores, ...memory }: GroupLimits): GroupLimits {
  return memory;
}

/** A whole number; undefined for `max` and for no file. */
function count(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

function smallest(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
