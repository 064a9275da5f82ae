import { expect, test } from 'vitest';
import type { JobId } from '../../../src/model/job.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { entriesOf, type JournalBench, journalCluster, submission } from './journal-cluster.ts';

const ids = ['n1', 'n2', 'n3', 'n4'];

/** Random writes, crashes, restarts, cuts and full disks; afterwards everybody must hold the same, and all that was acknowledged. */
async function storm(seed: number) {
  const random = seededRandomness(seed);
  const cluster = journalCluster(seed);
  const running = new Map<string, JournalBench>();
  const disks = new Map<string, JournalBench['disk']>();
  const acknowledged = new Set<JobId>();
  const start = async (id: string) => {
    const bench = await cluster.start(id);
    running.set(id, bench);
    disks.set(id, bench.disk);
  };
  const write = (bench: JournalBench, key: string) => {
    const fact = submission(key);
    void bench.journal.append([fact], 2_000).then(
      (stored) => stored.copies.length > 0 && acknowledged.add(fact.job),
      () => undefined,
    );
  };
  for (const id of ids) await start(id);
  for (let round = 0; round < 40; round += 1) {
    const id = random.pick(ids);
    const bench = running.get(id);
    const chance = random.integer(10);
    if (bench === undefined) await start(id);
    else if (chance < 5) for (let count = 0; count <= random.integer(4); count += 1) write(bench, `${id} ${round} ${count}`);
    else if (chance === 5) {
      cluster.network.crash(id);
      bench.store.crash(random.chance(0.5));
      running.delete(id);
    } else if (chance === 6) cluster.network.block(id, random.pick(ids.filter((other) => other !== id)));
    else if (chance === 7) bench.disk.full = !bench.disk.full;
    else cluster.network.heal();
    await cluster.clock.advance(random.integer(3) === 0 ? random.integer(8) : random.integer(4_000));
  }
  cluster.network.heal();
  for (const id of ids) {
    const disk = disks.get(id);
    if (disk !== undefined) disk.full = false;
    if (!running.has(id)) await start(id);
  }
  await cluster.clock.advance(40_000);
  return {
    disks: ids.map((id) => disks.get(id)),
    journals: ids.map((id) => running.get(id)?.journal),
    troubles: [...running.values()].flatMap((bench) => bench.troubles),
    acknowledged,
  };
}

test.each(Array.from({ length: 25 }, (_, index) => index + 1))(
  'after a storm all nodes hold the same, and all that was acknowledged (seed %i)',
  async (seed) => {
    const { disks, journals, troubles, acknowledged } = await storm(seed);
    const [first, ...others] = disks.map((disk) => disk && entriesOf(disk));
    for (const other of others) expect(other).toEqual(first);
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const journal of journals) for (const job of acknowledged) expect(journal?.job(job)).toBeDefined();
    expect(troubles.filter((trouble) => trouble.type !== 'store-failed')).toEqual([]);
  },
);
