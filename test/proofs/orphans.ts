/** A daemon killed that does not come back: how long what it had started lives on. */
import { type Report, Verdict } from './figures.ts';
import { processesCalled, processesOf } from './processes.ts';
import { untilAcknowledged } from './submitting.ts';
import type { World } from './world.ts';

/** The launcher's, as documented, and a little for ending them. */
const patienceMs = 60_000 + 5_000;

export async function orphans(world: World): Promise<Report> {
  const nodes = world.machines.length;
  const verdict = new Verdict();
  const mark = Math.floor(Math.random() * 1_000_000);
  const left = `sleep ${86_400 + mark}`;
  const [submitter, victim] = world.machines as [World['machines'][number], World['machines'][number]];
  await untilAcknowledged(world, submitter, { label: 'orphans', tasks: 2 * nodes, ms: 600_000, stay: 'escape', mark });
  await world.until('deaf tasks everywhere', 30_000, () => processesCalled(left).length >= 3 * 2 * nodes);
  const own = new Set(processesOf(victim.home).map(({ pid }) => pid));
  await victim.kill('SIGKILL');
  const killed = performance.now();
  const remaining = () => processesOf(victim.home).filter(({ pid }) => own.has(pid));
  await world.until(`the end of what ${victim.name} had started`, 3 * patienceMs, () => remaining().length === 0);
  const gone = performance.now() - killed;
  verdict.atMost(gone, patienceMs, 'kill of a daemon to the last process of its tasks gone');
  return {
    figures: [`${own.size} processes of a daemon that was killed and did not come back: all gone after ${(gone / 1000).toFixed(1)} s`],
    failures: verdict.failures,
  };
}
