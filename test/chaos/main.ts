/**
 * `npm run chaos -- --minutes 60 --seed 7 --nodes 5 [--profile standard] [--folder F]`: real daemons, real faults, one verdict. The seed
 * decides the faults and what users do; how processes interleave is real time's, so a seed repeats the storm, not the failure. Exit code 1 when a
 * promise was broken; history and logs are kept then.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { namespacesMissing } from '../support/lab.ts';
import { profiles } from './faults/profile.ts';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: `${Math.floor(Date.now() / 1000) % 100_000}` },
    nodes: { type: 'string', default: '5' },
    profile: { type: 'string', default: 'standard' },
    folder: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'minutes' | 'seed' | 'nodes', least: number): number {
  const number = Number(values[name]);
  if (!(number >= least)) throw new RangeError(`--${name}: ${values[name]} is not a number of at least ${least}`);
  return number;
}

const profile = profiles[values.profile];
if (profile === undefined) throw new RangeError(`--profile: there is no ${values.profile}; known: ${Object.keys(profiles).join(', ')}`);
const missing = namespacesMissing();
if (missing !== undefined) throw new Error(`chaos needs root and network namespaces: ${missing}`);

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const folder = values.folder ?? mkdtempSync('/tmp/supervm-chaos-');
const end = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort());

const [seed, nodes, minutes] = [numberOf('seed', 0), numberOf('nodes', 2), numberOf('minutes', 0.1)];
say(`seed ${seed}, ${nodes} nodes, ${minutes} minutes, profile ${profile.name}`);
const verdict = await run({ seed, nodes, minutes, profile, folder, signal: end.signal, say });
for (const line of verdict.figures) say(line);
for (const { rule, text } of verdict.violations) say(`BROKEN: ${rule}: ${text}`);
if (verdict.interrupted) say('stopped before the end: no verdict');
else say(verdict.violations.length === 0 ? 'all promises kept' : `${verdict.violations.length} promises broken`);
if (verdict.violations.length === 0 && !values.keep) rmSync(folder, { recursive: true, force: true });
else say(`history and logs: ${folder}`);
process.exitCode = verdict.interrupted ? 130 : verdict.violations.length === 0 ? 0 : 1;
