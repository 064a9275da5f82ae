import type { Fact } from '../src/model/facts.ts';
import type { JobId } from '../src/model/job.ts';
import type { FactFeed } from '../test/proofs/fact-feed.ts';
import { firstStartAfter, startLoad } from '../test/proofs/load.ts';
import { untilAcknowledged } from '../test/proofs/submitting.ts';
import { World } from '../test/proofs/world.ts';
import type { Machine } from '../test/support/lab-machine.ts';
import { EtcdPeer } from './etcd-peer.ts';
import { rounds, verdict } from './rounds.ts';
import { SerfPeer } from './serf-peer.ts';

/** Machines of supervm and agents of serf. */
const nodes = 4;
/** Of the tasks that a machine takes down with it. */
const napMs = 4_000;
const limitMs = 60_000;

type Kept = Extract<Fact, { type: 'result-kept' }>;

/** Everything that was kept, from all that was heard, for the sentence that gates the figures. */
class Ledger {
  readonly #feeds: readonly FactFeed[];
  /** Jobs, and how many tasks each has to have done in the end. */
  readonly #jobs = new Map<JobId, number>();

  constructor(feeds: readonly FactFeed[]) {
    this.#feeds = feeds;
  }

  add(job: JobId, tasks: number): void {
    this.#jobs.set(job, tasks);
  }

  /** By task: the results that were kept, by attempt; more than one is one too many. */
  results(job: JobId): ReadonlyMap<number, ReadonlyMap<string, Kept>> {
    const all = new Map<number, Map<string, Kept>>();
    for (const { fact } of this.#feeds.flatMap((feed) => feed.heard)) {
      if (fact.type !== 'result-kept' || fact.job !== job) continue;
      const ofTask = all.get(fact.attempt.index) ?? new Map<string, Kept>();
      all.set(fact.attempt.index, ofTask.set(JSON.stringify(fact.attempt), fact));
    }
    return all;
  }

  /** PF3. Two sides of a cut may each keep a result of a task: then all must have come to name the same one, and none may differ in its bytes. */
  async tell(world: World): Promise<void> {
    const sum = { tasks: 0, lost: 0, again: 0, merged: 0, torn: 0, conflicts: 0 };
    for (const [job, wanted] of this.#jobs) {
      const heard = this.results(job);
      const views = await Promise.all(world.machines.map((machine) => winners(world, machine, job)));
      sum.tasks += wanted;
      sum.conflicts += (await world.job(world.machines[0] as Machine, job)).conflicts.length;
      for (let index = 0; index < wanted; index += 1) {
        const won = views.map((view) => view.get(index));
        if (won.includes(undefined)) sum.lost += 1;
        if (new Set(won).size > 1) sum.torn += 1;
        const kept = [...(heard.get(index)?.values() ?? [])];
        if (kept.length > 1) sum.merged += 1;
        if (kept.some(({ attempt }) => attempt.attempt > 1)) sum.again += 1;
      }
    }
    process.stdout.write(
      `${sum.tasks} tasks: ${sum.again} tried again (the first try was lost with its machine), ${sum.merged} kept on both sides of a cut and merged into one\n`,
    );
    verdict('PF3 tasks lost', sum.lost, { atMost: 0 });
    verdict('PF3 tasks of which machines name different results', sum.torn, { atMost: 0 });
    verdict('PF3 tasks whose results differ', sum.conflicts, { atMost: 0 });
  }
}

/** The attempt of each task's result, by the task's index, as a machine says. */
async function winners(world: World, machine: Machine, job: JobId): Promise<ReadonlyMap<number, string>> {
  const results = await world.client(machine).call('results', { params: { job } });
  const one = new Map(results.map(({ attempt }) => [attempt.index, JSON.stringify(attempt)]));
  if (one.size !== results.length) throw new Error(`${machine.name} names two results of one task`);
  return one;
}

/** How a machine vanishes, and how it comes back. */
interface Loss {
  readonly name: string;
  strike(world: World, victim: Machine): Promise<void>;
  mend(world: World, victim: Machine): Promise<void>;
}

const killed: Loss = {
  name: 'killed',
  strike: (_, victim) => victim.kill('SIGKILL'),
  mend: (_, victim) => victim.start(),
};

const cut: Loss = {
  name: 'cut',
  strike: async (world, victim) => world.lab.cable(world.machines.indexOf(victim), false),
  mend: async (world, victim) => world.lab.cable(world.machines.indexOf(victim), true),
};

/** Seconds from the coordinator's loss to the next task started by a new one. */
async function coordinatorLost(world: World, loss: Loss): Promise<number> {
  const { machine, term } = await world.coordinator();
  const struck = Date.now();
  const next = firstStartAfter(world, world.others(machine), term.number, limitMs);
  await loss.strike(world, machine);
  const start = await next;
  if (start === undefined) throw new Error(`no new coordinator started anything within ${limitMs / 1000} s`);
  await loss.mend(world, machine);
  await world.whole();
  return (start - struck) / 1000;
}

/** Seconds from a worker's loss to the last of its tasks running elsewhere. */
async function workerLost(world: World, ledger: Ledger, loss: Loss, label: string): Promise<number> {
  const { machine: coordinator } = await world.coordinator();
  const [submitter, victim] = world.others(coordinator) as [Machine, Machine];
  const { id } = await untilAcknowledged(world, submitter, { label, tasks: nodes, ms: napMs });
  ledger.add(id, nodes);
  let lost: readonly string[] = [];
  await world.until(`a task of ${label} on ${victim.name}`, limitMs, async () => {
    const { running } = await world.job(coordinator, id);
    const asleep = running.filter(({ message }) => message === 'asleep');
    lost = asleep.filter(({ nodeName }) => nodeName === victim.name).map(({ task }) => task);
    return asleep.length === nodes && lost.length > 0;
  });
  const struck = Date.now();
  await loss.strike(world, victim);
  await world.until(`the end of ${label}`, limitMs, async () => (await world.job(submitter, id)).phase !== 'active');
  const starts = [...ledger.results(id).values()].flatMap((ofTask) => [...ofTask.values()]).map(({ report }) => report.startedAt - struck);
  const restarted = starts.filter((milliseconds) => milliseconds > 0);
  if (restarted.length !== lost.length) throw new Error(`${restarted.length} tasks of ${label} were started again, not ${lost.length}`);
  await loss.mend(world, victim);
  await world.whole();
  return Math.max(...restarted) / 1000;
}

/** PF1, PF2 and PF3: how long work stands still when a machine vanishes, beside what etcd and serf need to notice. */
export async function benchFailover({ times = 5 }: { readonly times?: number | undefined }): Promise<void> {
  process.stdout.write(
    `${EtcdPeer.version()}, 3 members; ${SerfPeer.version()}, ${nodes} agents, profile lan; Debian's, default settings; supervm: ${nodes} machines\n`,
  );
  await using etcd = await EtcdPeer.start();
  await using serf = await SerfPeer.start(nodes);
  await using world = await World.start(nodes);
  const ledger = new Ledger(world.machines.map((machine) => world.feed(machine)));
  const load = await startLoad(world, world.machines[0] as Machine, 'load');
  const first = await rounds(times, 's', [
    { name: 'etcd_leader_killed_to_write', measure: () => etcd.failover() },
    { name: 'supervm_coordinator_killed_to_task', measure: () => coordinatorLost(world, killed) },
    { name: 'supervm_coordinator_cut_to_task', measure: () => coordinatorLost(world, cut) },
  ]);
  await world.client(world.machines[0] as Machine).call('cancel', { params: { job: load } });
  // What was in the hands of workers when it was cancelled is not lost: all before was done in order.
  ledger.add(load, Math.max(0, Math.max(...ledger.results(load).keys()) - 8 * nodes));
  let round = 0;
  const second = await rounds(times, 's', [
    { name: 'serf_last_survivor_detects', measure: () => serf.detection() },
    { name: 'supervm_worker_killed_to_tasks_elsewhere', measure: () => workerLost(world, ledger, killed, `killed-${round++}`) },
    { name: 'supervm_worker_cut_to_tasks_elsewhere', measure: () => workerLost(world, ledger, cut, `cut-${round++}`) },
  ]);
  const of = (medians: ReadonlyMap<string, number>, name: string): number => medians.get(name) ?? Number.NaN;
  verdict('PF1 coordinator killed / etcd', of(first, 'supervm_coordinator_killed_to_task') / of(first, 'etcd_leader_killed_to_write'), { atMost: 0.5 });
  verdict('PF1 coordinator cut off, seconds', of(first, 'supervm_coordinator_cut_to_task'), { atMost: 5 });
  verdict('PF2 worker killed / serf', of(second, 'supervm_worker_killed_to_tasks_elsewhere') / of(second, 'serf_last_survivor_detects'), { atMost: 0.15 });
  verdict('PF2 worker cut off / serf', of(second, 'supervm_worker_cut_to_tasks_elsewhere') / of(second, 'serf_last_survivor_detects'), { atMost: 0.4 });
  await ledger.tell(world);
}
