import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Lab } from '../test/support/lab.ts';
import { rounds, verdict } from './rounds.ts';

async function seconds(file: string, words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const start = performance.now();
  const child = spawn(file, words, { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return (performance.now() - start) / 1000;
}

/** PU1: `supervm status`, cold, without a terminal, beside an empty start of the same Node. */
export async function benchCli(): Promise<void> {
  await using lab = Lab.create({ nodes: 1, level: 'ports' });
  const machine = lab.machine(0);
  await machine.start('--listen', '127.0.0.1:0');
  const medians = await rounds(25, 's', [
    { name: 'node_empty', measure: () => seconds(process.execPath, ['-e', '0'], machine.environment) },
    { name: 'supervm_status', measure: () => seconds(machine.supervm, ['status'], machine.environment) },
  ]);
  verdict('PU1 status / empty node', (medians.get('supervm_status') as number) / (medians.get('node_empty') as number), { atMost: 2.5 });
}
