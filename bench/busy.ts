import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { startLoad } from '../test/proofs/load.ts';
import { World } from '../test/proofs/world.ts';
import type { Machine } from '../test/support/lab-machine.ts';
import { verdict } from './rounds.ts';
import { SerfPeer } from './serf-peer.ts';

const nodes = 4;
const lookMs = 250;

/** Every core at 100 % by processes that never rest, and work of supervm's own on top. */
function burn(): Disposable {
  const burning = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  return {
    [Symbol.dispose]() {
      for (const child of burning) child.kill('SIGKILL');
    },
  };
}

/** PF2, its other half: nobody is called failed who is only busy. */
export async function benchBusy({ minutes = 10 }: { readonly minutes?: number | undefined }): Promise<void> {
  process.stdout.write(`${SerfPeer.version()}, ${nodes} agents, profile lan; supervm: ${nodes} machines; ${availableParallelism()} cores\n`);
  await using serf = await SerfPeer.start(nodes);
  await using world = await World.start(nodes);
  const load = await startLoad(world, world.machines[0] as Machine, 'load');
  const { term } = await world.coordinator();
  const failed = new Set<string>();
  const suspected = new Set<string>();
  using _ = burn();
  const until = performance.now() + minutes * 60_000;
  while (performance.now() < until) {
    for (const machine of world.machines) {
      const status = await world.status(machine);
      for (const { name, reachability } of status?.nodes ?? []) {
        if (reachability === 'suspect') suspected.add(`${machine.name} ${name} ${Math.round(performance.now() / 1000)}`);
        else if (reachability !== 'alive') failed.add(`${machine.name} ${name} ${Math.round(performance.now() / 1000)}`);
      }
    }
    await pause(lookMs);
  }
  const now = await world.coordinator();
  const again = world
    .feed(world.machines[0] as Machine)
    .heard.filter(({ fact }) => fact.type === 'result-kept' && fact.job === load && fact.attempt.attempt > 1).length;
  const serfs = [...serf.failures().values()].reduce((sum, times) => sum + times.length, 0);
  process.stdout.write(
    `${minutes} minutes: serf called ${serfs} alive agents failed; supervm suspected ${suspected.size} times, failed ${failed.size}, changed its term ${now.term.number - term.number} times, tried ${again} tasks again\n`,
  );
  verdict('PF2 alive machines called failed', failed.size, { atMost: 0 });
  verdict('PF2 terms changed without need', now.term.number - term.number, { atMost: 0 });
  verdict('PF2 tasks tried again without need', again, { atMost: 0 });
}
