/** `npm run prove -- NAME [--nodes N] [--rounds N] [--count N]`: an experiment with real daemons, its figures, and 1 when a promise was broken. */
import { parseArgs } from 'node:util';
import { allKilled } from './all-killed.ts';
import { cancelAtTheEnd } from './cancel.ts';
import { deafTasks } from './deaf-tasks.ts';
import type { Report } from './figures.ts';
import { flood } from './flood.ts';
import { orphans } from './orphans.ts';
import { partition } from './partition.ts';
import { stoppedWorker } from './stopped-worker.ts';
import { submissions } from './submissions.ts';
import { World } from './world.ts';

interface Size {
  readonly nodes: number;
  readonly rounds: number;
  readonly count: number;
}

interface Experiment {
  readonly usual: Size;
  run(world: World, size: Size): Promise<Report>;
}

const experiments: { readonly [name: string]: Experiment } = {
  submissions: { usual: { nodes: 3, rounds: 20, count: 2_000 }, run: (world, { rounds, count }) => submissions(world, { rounds, submissions: count }) },
  'all-killed': { usual: { nodes: 3, rounds: 5, count: 60 }, run: (world, { rounds, count }) => allKilled(world, { rounds, submissions: count }) },
  partition: { usual: { nodes: 5, rounds: 1, count: 8 }, run: (world, { rounds, count }) => partition(world, { rounds, jobsASide: count, apartMs: 30_000 }) },
  cancel: { usual: { nodes: 3, rounds: 5, count: 500 }, run: (world, { rounds, count }) => cancelAtTheEnd(world, { failovers: rounds, trials: count }) },
  'stopped-worker': { usual: { nodes: 3, rounds: 2, count: 0 }, run: (world, { rounds }) => stoppedWorker(world, { rounds, stoppedMs: 20_000 }) },
  'deaf-tasks': { usual: { nodes: 3, rounds: 2, count: 0 }, run: (world, { rounds }) => deafTasks(world, { rounds }) },
  flood: { usual: { nodes: 3, rounds: 60, count: 5_000 }, run: (world, { rounds, count }) => flood(world, { connections: count, seconds: rounds }) },
  orphans: { usual: { nodes: 3, rounds: 1, count: 0 }, run: orphans },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: 'string' }, rounds: { type: 'string' }, count: { type: 'string' } },
});
const unknown = positionals.filter((name) => !(name in experiments));
if (unknown.length > 0) {
  process.stderr.write(`prove: no experiment is called ${unknown.join(', ')}; there are ${Object.keys(experiments).join(', ')}\n`);
  process.exit(2);
}
for (const [name, { usual, run }] of Object.entries(experiments)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const size = { nodes: Number(values.nodes ?? usual.nodes), rounds: Number(values.rounds ?? usual.rounds), count: Number(values.count ?? usual.count) };
  process.stdout.write(`# ${name}: ${size.nodes} machines\n`);
  const began = performance.now();
  await using world = await World.start(size.nodes);
  const { figures, failures } = await run(world, size);
  for (const figure of figures) process.stdout.write(`${figure}\n`);
  for (const failure of failures.slice(0, 20)) process.stdout.write(`BROKEN: ${failure}\n`);
  if (failures.length > 20) process.stdout.write(`BROKEN: and ${failures.length - 20} more\n`);
  process.stdout.write(`${name} ${failures.length === 0 ? 'held' : 'FAILED'} (${((performance.now() - began) / 1000).toFixed(0)} s)\n`);
  if (failures.length > 0) process.exitCode = 1;
}
