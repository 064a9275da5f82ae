/** A stand-in for a daemon that is going to be killed: runs the toy's stubborn task and says so. */
import { readdirSync, readFileSync } from 'node:fs';
import { RunnerBench } from '../daemon/worker/runner-bench.ts';

const bench = await RunnerBench.open({ sandboxed: process.argv[2] !== 'none', runner: { patienceMs: 500 } });
bench.start(await bench.record({ do: 'stubborn' }));
const sleeping = (): number => {
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandOf(pid));
  return commands.filter((command) => command.startsWith('sleep\x00321')).length;
};
while (sleeping() < 2) await new Promise((resolve) => setTimeout(resolve, 20));
process.stdout.write('running\n');

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
