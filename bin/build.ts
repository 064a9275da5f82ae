/**
 * Builds `dist/` in about a second: one build of everything the daemon runs, split into chunks, so that a class shared by two entries
 * (TaskFault) stays one class; and the command line in one file of its own.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { programEntries } from '../src/settings/program-files.ts';

const root = join(import.meta.dirname, '..');
/** What the core loads of a plugin by name; each becomes a file of its own. */
const pluginMoments = ['manifest', 'inputs', 'plan', 'detect', 'run'];

function pluginNames(): readonly string[] {
  return readdirSync(join(root, 'plugins'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function entryPoints(): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const [source, built] of Object.entries(programEntries)) {
    if (built.endsWith('.js')) entries[built.replace(/\.js$/, '')] = join(root, source);
  }
  for (const plugin of pluginNames()) {
    for (const moment of pluginMoments) {
      const source = join(root, 'plugins', plugin, `${moment}.ts`);
      if (existsSync(source)) entries[`plugins/${plugin}/${moment}`] = source;
    }
  }
  return entries;
}

/**
 * A plugin finds its own files beside itself by `import.meta`, but its code may land in a chunk elsewhere: name the place it would
 * have had. `dist/` holds no other folder called dist, so the last occurrence in a module's URL is its root.
 */
const pluginPlaces: Plugin = {
  name: 'plugin-places',
  setup(context) {
    context.onLoad({ filter: /[/\\]plugins[/\\][^/\\]+[/\\].*\.ts$/ }, ({ path }) => {
      const place = JSON.stringify(relative(root, path).replaceAll('\\', '/'));
      const url = `new URL(${place}, import.meta.url.slice(0, import.meta.url.lastIndexOf('/dist/') + 6))`;
      const file = `decodeURIComponent(${url}.pathname)`;
      const places = { url: `(${url}.href)`, filename: file, dirname: `(${file}.replace(/\\/[^/]*$/, ''))` };
      const contents = readFileSync(path, 'utf8').replaceAll(/\bimport\.meta\.(url|filename|dirname)\b/g, (_, what: keyof typeof places) => places[what]);
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * commander imports all of node:process and node:child_process, which loads a third of Node (30 ms of every command). It needs the
 * global process, and the other one only for commands that are programs of their own, which we have none of.
 */
const leanCommander: Plugin = {
  name: 'lean-commander',
  setup(context) {
    const contents: { readonly [module: string]: string } = {
      'node:process': 'export default process;',
      'node:child_process': "export default { spawn: (...words) => process.getBuiltinModule('node:child_process').spawn(...words) };",
    };
    context.onResolve({ filter: /^node:(process|child_process)$/ }, ({ path, importer }) =>
      /[/\\]commander[/\\]/.test(importer) ? { path, namespace: 'lean' } : undefined,
    );
    context.onLoad({ filter: /.*/, namespace: 'lean' }, ({ path }) => ({ contents: contents[path] ?? '' }));
  },
};

/**
 * Importing one of Node's own modules by a statement reads all that it exports, and some of that is loaded when it is first read: `node:http`
 * brings along all of fetch, 3 MB of memory in each daemon. Asked for by name it costs what is used of it.
 */
const leanNode: Plugin = {
  name: 'lean-node',
  setup(context) {
    context.onResolve({ filter: /^node:/ }, ({ path, kind }) => (kind === 'import-statement' ? { path, namespace: 'node' } : undefined));
    context.onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => /^[a-z_]\w*$/i.test(name) && name !== 'default');
      const lines = names.map((name) => `const own_${name} = /* @__PURE__ */ pick('${name}'); export { own_${name} as ${name} };`);
      return {
        contents: [`const all = process.getBuiltinModule('${path}');`, 'const pick = (name) => all[name];', 'export default all;', ...lines].join('\n'),
      };
    });
  },
};

/** Two compilers of JSON schemas, 400 kB of source, that fastify never loads here (daemon/http/server.ts). */
const leanFastify: Plugin = {
  name: 'lean-fastify',
  setup(context) {
    context.onResolve({ filter: /^@fastify\/(ajv-compiler|fast-json-stringify-compiler)$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    context.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = undefined;' }));
  },
};

/** What plugins bring besides code (a Python script, a template); their README is for people and stays out. */
function copyPluginFiles(target: string): void {
  for (const plugin of pluginNames()) {
    const from = join(root, 'plugins', plugin);
    for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
      if (['.ts', '.md', '.pyc'].includes(extname(name)) || statSync(join(from, name)).isDirectory()) continue;
      mkdirSync(dirname(join(target, plugin, name)), { recursive: true });
      cpSync(join(from, name), join(target, plugin, name));
    }
  }
}

// Built beside the old one and swapped, so that nobody ever starts half a program. `node bin/build.ts FOLDER/dist` builds elsewhere.
const started = new Date();
const target = resolve(process.argv[2] ?? join(root, 'dist'));
const fresh = `${target}.new`;
const old = `${target}.old`;
if (basename(target) !== 'dist') throw new Error(`the folder must be called dist, by which built code finds its root: ${target}`);
rmSync(fresh, { recursive: true, force: true });

const common = {
  outdir: fresh,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // A daemon lives long and V8 keeps its source: without blanks that is 10 MB of memory less. Names stay, for the sake of stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  metafile: true,
  logLevel: 'warning',
} as const;

const result = await build({
  ...common,
  entryPoints: entryPoints(),
  splitting: true,
  format: 'esm',
  chunkNames: 'chunk-[hash]',
  define: { __BUNDLED__: 'true' },
  // CommonJS packages inside ask for Node's own modules by require().
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  plugins: [pluginPlaces, leanFastify, leanNode],
});
// A command starts an eighth sooner as a script than as a module: importing one of Node's own modules makes Node load all it exports.
const commandLine = await build({
  ...common,
  entryPoints: { cli: join(root, 'src/main.ts') },
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { __BUNDLED__: 'true', 'import.meta.url': '__place', 'import.meta.dirname': '__dirname' },
  banner: { js: "const __place = require('node:url').pathToFileURL(__filename).href;" },
  plugins: [leanCommander],
});
copyPluginFiles(join(fresh, 'plugins'));
writeFileSync(join(fresh, 'metafile.json'), JSON.stringify({ outputs: { ...result.metafile.outputs, ...commandLine.metafile.outputs } }));
// The launcher compares sources with this file: what was edited while we built must count as newer.
utimesSync(join(fresh, 'cli.cjs'), started, started);

rmSync(old, { recursive: true, force: true });
if (existsSync(target)) renameSync(target, old);
renameSync(fresh, target);
rmSync(old, { recursive: true, force: true });
