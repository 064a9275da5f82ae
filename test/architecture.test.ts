/** The rules we care about, as tables: what may import what, which package and which power of the machine lives where, and why. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Home, homeViolations, matches, type PowerHome, powerViolations, type Ring, ringViolations } from './support/import-rules.ts';
import { findCircles, loadedBy, readSourceTree, sourceFile, targetOf } from './support/source-tree.ts';

const rings: readonly Ring[] = [
  { from: 'src/model/**', may: [], outside: false, why: 'the words are pure types and functions that everybody may import: they import nothing' },
  { from: 'src/plugin/**', may: ['src/model/**'], outside: false, why: 'a job type must be writable against the words alone' },
  { from: 'src/settings/**', may: ['src/model/**'], outside: true, why: 'settings are read before anything else exists' },
  {
    from: 'src/api/**',
    may: ['src/model/**', 'src/plugin/manifest.ts'],
    outside: true,
    why: 'the HTTP contract is shared by daemon and clients, so it knows neither',
  },
  {
    from: 'src/cli/**',
    may: ['src/model/**', 'src/api/**', 'src/plugin/**', 'src/settings/**'],
    mayLater: ['src/tui/**', 'daemon/**'],
    outside: true,
    why: 'the command line is one more client of the HTTP API and must start without loading libp2p, fastify or ink',
  },
  {
    from: 'src/tui/**',
    may: ['src/model/**', 'src/api/**'],
    outside: true,
    why: 'the terminal views are one more client of the HTTP API',
  },
  {
    from: 'src/main.ts',
    may: ['src/model/**', 'src/cli/**', 'src/settings/**'],
    outside: true,
    why: 'the entry builds the command tree and turns errors into exit codes, no more',
  },
  { from: 'daemon/clock.ts', may: [], outside: false, why: 'time and randomness are interfaces; the machine’s are in system-clock.ts' },
  { from: 'daemon/startable.ts', may: [], outside: false, why: 'an interface' },
  { from: 'daemon/system-clock.ts', may: ['daemon/clock.ts'], outside: true, why: 'only tells the time and draws' },
  {
    from: 'daemon/control-plane.ts',
    may: ['src/model/**', 'daemon/**'],
    outside: false,
    why: 'the part of the composition that the simulation runs too: no socket, no disk, no process',
  },
  {
    from: 'daemon/*.ts',
    may: ['src/model/**', 'src/plugin/**', 'src/api/**', 'src/settings/**', 'daemon/**'],
    outside: true,
    why: 'the composition root knows every part of the daemon, but no view',
  },
  {
    from: 'daemon/http/needs.ts',
    may: [],
    mayType: ['src/model/**', 'src/plugin/**', 'src/api/**', 'daemon/**'],
    outside: false,
    why: 'types only; the server’s needs are stated in the API’s words',
  },
  {
    from: 'daemon/*/needs.ts',
    may: [],
    mayType: ['src/model/**', 'src/plugin/**', 'daemon/**'],
    outside: false,
    why: 'a concern declares what it needs of others as types; only daemon.ts brings the classes',
  },
  {
    from: 'daemon/worker/task-needs.ts',
    may: [],
    mayType: ['src/model/**', 'src/plugin/**', 'daemon/**'],
    outside: false,
    why: 'the same for running tasks, which attempts need not know',
  },
  {
    from: 'daemon/http/**',
    may: ['src/model/**', 'src/plugin/**', 'src/api/**', 'src/settings/program-files.ts', 'daemon/wire/**', 'daemon/clock.ts', 'daemon/startable.ts'],
    outside: true,
    why: 'the server binds the API’s routes to what its needs.ts names',
  },
  {
    from: 'daemon/*/**',
    may: [
      'src/model/**',
      'src/plugin/**',
      'src/settings/program-files.ts',
      'src/settings/own-job-types.ts',
      'daemon/wire/**',
      'daemon/clock.ts',
      'daemon/startable.ts',
      'daemon/spare-memory.ts',
    ],
    outside: true,
    why: 'a concern reaches another only through the interfaces in its own needs.ts, so that each can run alone in a test or the simulation',
  },
  {
    from: 'plugins/*/**',
    may: ['src/model/**', 'src/plugin/**'],
    outside: true,
    why: 'a plugin sees the plugin interface and the words, never the core and never another plugin',
  },
  { from: 'test/**', may: ['**'], outside: true, why: 'tests see everything; nothing shipped sees them' },
  { from: 'bench/**', may: ['**'], outside: true, why: 'benchmarks see everything; nothing shipped sees them' },
  {
    from: 'examples/**',
    may: ['examples/**', 'test/support/**', 'src/**', 'plugins/**'],
    outside: true,
    why: 'an example stays outside the daemon, as users do',
  },
  { from: 'bin/**', may: ['src/settings/program-files.ts'], outside: true, why: 'build and launcher know where the entries are, no more' },
];

/** Code that never ships may use what it likes. */
const unshipped = ['test/**', 'bench/**', 'examples/**', 'bin/**'];

const packageHomes: readonly Home[] = [
  {
    names: [
      'libp2p',
      '@libp2p/crypto',
      '@libp2p/peer-id',
      '@libp2p/tcp',
      '@libp2p/yamux',
      '@chainsafe/libp2p-noise',
      '@multiformats/multiaddr',
      '@libp2p/interface',
    ],
    in: ['daemon/network/**'],
    why: 'half a second to load and our largest dependency: everything else speaks Messenger',
  },
  { names: ['multicast-dns'], in: ['daemon/network/**'], why: 'discovery is the network’s' },
  { names: ['tar-stream'], in: ['daemon/submitter/archive/**'], why: 'it only parses: what of an archive is taken is decided in one place' },
  { names: ['commander'], in: ['src/cli/**'], why: 'only the command line has arguments' },
  { names: ['jose'], in: ['daemon/http/**'], why: 'sessions of browsers are the server’s, and loaded with the first of them' },
  { names: ['fastify'], in: ['daemon/http/**'], why: '170 ms to load; only the server serves' },
  { names: ['systeminformation'], in: ['daemon/inventory/**'], why: 'what a machine has is told in one place, with the cgroup’s limits applied' },
  { names: ['pino'], in: ['daemon/log/**'], why: 'everybody else writes to an interface, so that redaction and rotation cannot be passed by' },
  { names: ['cborg'], in: ['daemon/blobs/**', 'daemon/records/**', 'daemon/network/papers/**'], why: 'canonical bytes, only for what is hashed or signed' },
  { names: ['zod'], in: ['src/api/**', 'src/settings/**', 'daemon/**'], why: 'strict schemas at the boundaries of the daemon and its API' },
];

const builtinHomes: readonly Home[] = [
  { names: ['node:sqlite'], in: ['daemon/records/**', 'src/settings/folder-lock.ts'], why: 'facts are stored in one place' },
  { names: ['node:worker_threads'], in: ['daemon/records/**', 'daemon/blobs/**', 'daemon/network/beats/**'], why: 'threads are for disks and heartbeats' },
  {
    names: ['node:child_process'],
    in: ['daemon/worker/**', 'daemon/inventory/**', 'src/cli/**', 'plugins/**'],
    why: 'processes start at the rim: the launcher, detection, `supervm up`, and plugins inside their session',
  },
  { names: ['node:net', 'node:tls', 'node:dgram'], in: ['daemon/network/**', 'daemon/http/**', 'daemon/worker/**'], why: 'sockets are at the rim' },
  { names: ['node:http', 'node:https'], in: ['daemon/http/**', 'src/api/**'], why: 'one server and one client' },
  {
    names: ['node:fs', 'node:fs/promises'],
    in: [
      'src/main.ts',
      'src/settings/**',
      'src/cli/**',
      'daemon/*.ts',
      'daemon/keys/**',
      'daemon/blobs/**',
      'daemon/records/**',
      'daemon/worker/**',
      'daemon/inventory/**',
      'daemon/network/**',
      'daemon/log/**',
      'daemon/http/**',
      'daemon/submitter/**',
      'plugins/**',
    ],
    why: 'coordinator, election, membership and wire decide; they touch no disk, or the simulation would not see it',
  },
];

const powerHomes: readonly PowerHome[] = [
  { power: 'time', in: ['daemon/system-clock.ts'], why: 'everything that decides takes a Clock, so that the simulation owns time' },
  {
    power: 'time',
    in: ['daemon/network/outbound-lane.ts', 'daemon/network/peer-link.ts', 'daemon/network/libp2p-*.ts'],
    why: 'the libp2p half runs on real sockets only: one write a tick, and dials that libp2p ends by a signal',
  },
  { power: 'time', in: ['daemon/network/beats/thread-*.ts', 'daemon/spare-memory.ts'], why: 'threads that tests replace as a whole' },
  { power: 'time', in: ['daemon/daemon.ts'], why: 'the age of the process, which only `status` shows' },
  { power: 'time', in: ['daemon/worker/launcher/**'], why: 'a program of its own, which runs on real processes only' },
  { power: 'time', in: ['src/cli/clock.ts'], why: 'the command line waits in real time, in one file' },
  { power: 'randomness', in: ['daemon/system-clock.ts'], why: 'everything that draws takes Randomness, so that a seed replays' },
  { power: 'randomness', in: ['src/cli/draw-key.ts'], why: 'a command names its submission before it is sent, so that it may send it again' },
  { power: 'randomness', in: ['daemon/submitter/output-folder.ts', 'daemon/worker/fresh-name.ts'], why: 'names on real disks that nobody can guess' },
  { power: 'environment', in: ['src/settings/environment.ts', 'daemon/worker/session/**'], why: 'one place knows the variables’ names' },
  {
    power: 'terminal',
    in: ['src/main.ts', 'src/cli/output/**', 'daemon/worker/launcher/main.ts', 'daemon/worker/session/main.ts'],
    why: 'what people and scripts read goes through one of the three outputs; launcher and session are programs of their own, which are told by words and streams',
  },
];

/** The simulation must replay from its seed: only its entry may look at the real world, to say how long it took. */
const simulationPowerHomes: readonly PowerHome[] = [
  { power: 'time', in: ['test/simulation/main.ts'], why: 'seeds per second' },
  { power: 'terminal', in: ['test/simulation/main.ts'], why: 'the report' },
];

/** Who may import by a computed name: what program-files.ts or the plugins folder names. */
const computedImports = ['src/cli/**', 'src/main.ts', 'daemon/worker/session/**', 'daemon/inventory/**', 'daemon/submitter/**', 'daemon/daemon.ts'];
const longestFile = 300;
const root = join(import.meta.dirname, '..');
const files = readSourceTree(root, ['src', 'daemon', 'plugins', 'test', 'bench', 'examples', 'bin']);
const shipped = files.filter((file) => !unshipped.some((pattern) => matches(pattern, file.path)));

describe('the source tree', () => {
  test('was read: entries of every ring are there', () => {
    expect(files.map((file) => file.path)).toEqual(expect.arrayContaining(['src/model/job.ts', 'daemon/clock.ts', 'test/architecture.test.ts']));
  });

  test('imports only along the rings', () => {
    expect(files.flatMap((file) => ringViolations(rings, file))).toEqual([]);
  });

  test('uses each package and each builtin with side effects only at its home', () => {
    expect(files.flatMap((file) => homeViolations([...packageHomes, ...builtinHomes], unshipped, file))).toEqual([]);
  });

  test('has a home for every dependency of the package', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly dependencies: object };
    const homes = packageHomes.flatMap((home) => home.names);
    expect(Object.keys(dependencies).filter((name) => !homes.includes(name))).toEqual([]);
  });

  test('touches time, randomness, environment and terminal only where the table says', () => {
    expect(files.flatMap((file) => powerViolations(powerHomes, unshipped, file))).toEqual([]);
  });

  test('keeps the real world out of the simulation', () => {
    const simulation = files.filter((file) => file.path.startsWith('test/simulation/'));
    expect(simulation.flatMap((file) => powerViolations(simulationPowerHomes, [], file))).toEqual([]);
  });

  test('imports by a computed name only where plugins and entries are loaded', () => {
    const computed = shipped.filter((file) => file.imports.some(({ specifier }) => specifier === undefined));
    expect(computed.map((file) => file.path).filter((path) => !computedImports.some((pattern) => matches(pattern, path)))).toEqual([]);
  });

  test('has no circles, type-only ones included', () => {
    expect(findCircles(files)).toEqual([]);
  });

  test(`has no file over ${longestFile} lines`, () => {
    expect(files.filter((file) => file.lines > longestFile).map((file) => `${file.path}: ${file.lines}`)).toEqual([]);
  });

  test('imports only modules that exist', () => {
    const known = new Set(files.map((file) => file.path));
    const missing = files.flatMap((file) =>
      file.imports.flatMap(({ specifier }) => {
        const target = targetOf(file.path, specifier);
        return 'file' in target && /\.(ts|cjs|mjs)$/.test(target.file) && !known.has(target.file) ? [`${file.path}: ${specifier}`] : [];
      }),
    );
    expect(missing).toEqual([]);
  });
});

test('the command line starts without the daemon and its large packages', () => {
  const heavy = [...loadedBy(files, 'src/main.ts')].filter((name) => /^daemon\/|libp2p|fastify|^ink$|pino|systeminformation|multicast-dns/.test(name));
  expect(heavy).toEqual([]);
});

test('the control plane loads no disk, socket, process or thread, directly or through others', () => {
  const world = [...loadedBy(files, 'daemon/control-plane.ts')].filter((name) => builtinHomes.some((home) => home.names.includes(name)) || /libp2p/.test(name));
  expect(world).toEqual([]);
});

test.each(['membership', 'election', 'records', 'coordinator', 'worker', 'blobs'])('the simulation runs the shipped %s', (concern) => {
  const own = [...loadedBy(files, 'test/simulation/main.ts')].filter((path) => path.startsWith(`daemon/${concern}/`));
  expect(own).not.toEqual([]);
});

describe('the rules bite', () => {
  test.each([
    ['src/model/job.ts', "import { readFileSync } from 'node:fs';"],
    ['src/model/job.ts', "import type { Manifest } from '../plugin/manifest.ts';"],
    ['src/api/routes.ts', "import type { OpenSession } from '../plugin/job-type.ts';"],
    ['src/cli/up.ts', "import { createDaemon } from '../../daemon/daemon.ts';"],
    ['src/cli/up.ts', "import type { Daemon } from '../../daemon/daemon.ts';"],
    ['daemon/election/election.ts', "import type { Journal } from '../records/journal.ts';"],
    ['daemon/election/election.ts', "const { openJournal } = await import('../records/journal.ts');"],
    ['daemon/election/needs.ts', "import { openJournal } from '../records/journal.ts';"],
    ['daemon/election/election.ts', "export * from '../../test/support/virtual-clock.ts';"],
    ['plugins/render/run.ts', "import { nothing } from '../process/run.ts';"],
    ['plugins/render/run.ts', "export type { Blobs } from '../../daemon/blobs/blobs.ts';"],
    ['lib/stray.ts', ''],
  ])('%s may not: %s', (path, text) => {
    expect(ringViolations(rings, sourceFile(path, text))).toHaveLength(1);
  });

  test.each([
    ['src/cli/up.ts', "const { createDaemon } = await import('../../daemon/daemon.ts');"],
    ['daemon/election/needs.ts', "import type { Journal } from '../records/journal.ts';"],
    ['daemon/election/deep/rank.ts', "import { view } from '../view.ts';"],
  ])('%s may: %s', (path, text) => {
    expect(ringViolations(rings, sourceFile(path, text))).toEqual([]);
  });
});
