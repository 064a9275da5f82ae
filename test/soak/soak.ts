/** A soak: rounds of churn, each followed by a quiet moment in which every daemon is measured; at the end the slopes are judged. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../../src/cli/clock.ts';
import { settle } from '../chaos/ending.ts';
import { Laboratory } from '../chaos/laboratory.ts';
import { Recorder } from '../chaos/recorder.ts';
import type { Station } from '../chaos/station.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { type Growth, growths, isTooMuch, type Taken } from './bounds.ts';
import { churn } from './churn.ts';
import { least, measure, type Sample } from './measure.ts';

export interface SoakOptions {
  readonly hours: number;
  readonly nodes: number;
  readonly seed: number;
  /** Samples and the daemons' logs are written there. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface SoakVerdict {
  /** Of each daemon that lived through it all, by node. */
  readonly growths: ReadonlyMap<string, readonly Growth[]>;
  readonly tooMuch: readonly string[];
  readonly jobs: number;
  readonly restarts: number;
  readonly interrupted: boolean;
}

const diskBytes = 256 * 1024 * 1024;
/** Rounds whose samples do not count: caches fill, code is compiled, every peer has been met once. */
const warmUpRounds = 2;
const fewestRounds = 6;
const longestRoundMs = 10 * 60_000;
/** After the last word about a job: time-outs run out, sessions end, connections that lost a race are closed. */
const quietMs = 8000;
const samplesEach = 4;

/** Rejects when the cluster does not come to rest after a round. */
export async function soak(options: SoakOptions): Promise<SoakVerdict> {
  const { folder, nodes, seed, say, signal } = options;
  mkdirSync(folder, { recursive: true });
  const recorder = new Recorder(folder, { remembers: false });
  const draw = seededRandomness(seed).fork('soak');
  try {
    await using laboratory = Laboratory.create({ nodes, diskBytes, movesClocks: false }, { recorder });
    const { stations, lab } = laboratory;
    try {
      for (const station of stations) station.launch();
      await Promise.all(stations.map((station) => station.ready()));
      const missing = await settle(stations, recorder, 120_000, signal);
      if (missing.length > 0) throw new Error(`the cluster did not form: ${missing.join('; ')}`);
      say(`${nodes} daemons are one cluster; ${options.hours} hours`);
      return await rounds(options, { stations, recorder, draw, folder: lab.folder, signal });
    } finally {
      laboratory.saveLogs(folder);
    }
  } finally {
    await recorder.close();
  }
}

async function rounds({ hours, folder, say, signal }: SoakOptions, needs: Parameters<typeof churn>[1]): Promise<SoakVerdict> {
  const { stations, recorder } = needs;
  const elders = stations.slice(0, Math.ceil(stations.length / 2));
  const endAt = recorder.now() + hours * 3_600_000;
  const ms = Math.min(longestRoundMs, (hours * 3_600_000) / fewestRounds - quietMs);
  const taken = new Map<Station, Taken[]>(elders.map((elder) => [elder, []]));
  const counts = { jobs: 0, restarts: 0 };
  for (let round = 1; !signal.aborted && (recorder.now() < endAt || round <= fewestRounds); round += 1) {
    const { jobs, restarts } = await churn({ round, ms, elders }, needs);
    counts.jobs += jobs;
    counts.restarts += restarts;
    await pause(quietMs, signal);
    const samples = await Promise.all(stations.map(quietSample));
    writeFileSync(
      join(folder, 'samples.jsonl'),
      `${stations.map(({ name }, index) => JSON.stringify({ round, node: name, ...samples[index] })).join('\n')}\n`,
      { flag: 'a' },
    );
    const atHours = recorder.now() / 3_600_000;
    for (const [index, station] of stations.entries()) if (round > warmUpRounds) taken.get(station)?.push({ atHours, sample: samples[index] as Sample });
    say(`round ${round}: ${counts.jobs} jobs, ${counts.restarts} restarts; ${describe(samples[0] as Sample)}`);
  }
  if (signal.aborted) return { ...counts, growths: new Map(), tooMuch: [], interrupted: true };
  const found = new Map([...taken].map(([{ name }, samples]) => [name, growths(samples)]));
  const tooMuch = [...found].flatMap(([node, all]) => all.filter(isTooMuch).map((growth) => `${node}: ${growthText(growth)}`));
  return { ...counts, growths: found, tooMuch, interrupted: false };
}

async function quietSample(station: Station): Promise<Sample> {
  const samples: Sample[] = [];
  for (let count = 0; count < samplesEach; count += 1) {
    samples.push(await measure(station));
    await pause(1000);
  }
  return least(samples);
}

/** `files 60 to 71, by the slope +10 (allowed +4)`: for people. */
export function growthText({ quantity, first, last, growth, allowed }: Growth): string {
  const text = (value: number): string => (quantity.endsWith('Bytes') ? `${(value / 2 ** 20).toFixed(1)} MiB` : value.toFixed(0));
  return `${quantity.replace('Bytes', '')} ${text(first)} to ${text(last)}, by the slope ${growth < 0 ? '' : '+'}${text(growth)} (allowed +${text(allowed)})`;
}

function describe({ heapBytes, residentBytes, files, sockets, processes, dataBytes }: Sample): string {
  const mebi = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return `n1 has heap ${mebi(heapBytes)}, resident ${mebi(residentBytes)}, ${files} files, ${sockets} sockets, ${processes} processes, ${mebi(dataBytes)} on disk`;
}
