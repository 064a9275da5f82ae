/**
 * `npm run soak -- --hours 8 --nodes 20 [--seed N] [--folder F]`: real daemons for hours, with jobs and nodes that come and go. Exit code 1 when
 * what a daemon holds of memory, files, sockets, repeated streams, processes or disk grows more than its bound.
 */
import { mkdtempSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { namespacesMissing } from '../support/lab.ts';
import { growthText, soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string' },
  },
});

function numberOf(name: 'hours' | 'nodes' | 'seed', least: number): number {
  const number = Number(values[name]);
  if (!(number >= least)) throw new RangeError(`--${name}: ${values[name]} is not a number of at least ${least}`);
  return number;
}

const missing = namespacesMissing();
if (missing !== undefined) throw new Error(`a soak needs root and network namespaces: ${missing}`);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const end = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort());

const folder = values.folder ?? mkdtempSync('/tmp/supervm-soak-');
const verdict = await soak({ hours: numberOf('hours', 0.02), nodes: numberOf('nodes', 3), seed: numberOf('seed', 0), folder, signal: end.signal, say });
for (const [node, all] of verdict.growths) for (const growth of all) say(`${node.padEnd(4)} ${growthText(growth)}`);
for (const line of verdict.tooMuch) say(`UNBOUNDED: ${line}`);
say(
  verdict.interrupted
    ? 'stopped before the end: no verdict'
    : verdict.tooMuch.length === 0
      ? 'everything stays bounded'
      : `${verdict.tooMuch.length} quantities grow`,
);
say(`samples and logs: ${folder}`);
process.exitCode = verdict.interrupted ? 130 : verdict.tooMuch.length === 0 ? 0 : 1;
