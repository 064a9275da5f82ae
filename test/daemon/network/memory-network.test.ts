import { expect, test } from 'vitest';
import type { MemoryFaults } from '../../../daemon/network/memory-faults.ts';
import { createMemoryNetwork, type MemoryNetwork } from '../../../daemon/network/memory-network.ts';
import type { MemoryNode } from '../../../daemon/network/memory-node.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const anything = { parse: (body: unknown) => body };
const talk: Protocol<unknown, unknown, unknown> = { id: '/test/talk/1', message: anything, request: anything, reply: anything, maximumBytes: 100_000 };

interface Lab {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly log: string[];
  join(id: string): Promise<MemoryNode>;
}

function createLab(faults: MemoryFaults = {}, seed = 1): Lab {
  const clock = new VirtualClock();
  const network = createMemoryNetwork({ clock, randomness: seededRandomness(seed), faults });
  const log: string[] = [];
  return {
    clock,
    network,
    log,
    async join(id) {
      const node = network.join(id);
      node.onPeer(({ type, peer }) => log.push(`${id} ${type} ${peer}`));
      node.serve(talk, { onMessage: (from, message) => log.push(`${id} heard ${message} from ${from}`), onRequest: async (_, request) => request });
      await node.start();
      return node;
    },
  };
}

async function pair(faults?: MemoryFaults, seed?: number) {
  const lab = createLab(faults, seed);
  const [a, b] = [await lab.join('a'), await lab.join('b')];
  await lab.clock.advance(100);
  lab.log.length = 0;
  return { ...lab, a, b };
}

test('frames never overtake each other, whatever their latency', async () => {
  const random = seededRandomness(7);
  const { a, clock, log } = await pair({ latencyMs: () => random.between(0, 50) });
  for (let turn = 0; turn < 100; turn += 1) {
    a.send('b', talk, turn);
    if (turn % 10 === 0) await clock.advance(5);
  }
  await clock.advance(1000);
  expect(log).toEqual(Array.from({ length: 100 }, (_, turn) => `b heard ${turn} from a`));
});

test('a short block in one direction delays and loses nothing', async () => {
  const { a, b, clock, network, log } = await pair();
  network.block('a', 'b');
  a.send('b', talk, 'one');
  b.send('a', talk, 'back');
  await clock.advance(5000);
  a.send('b', talk, 'two');
  await clock.advance(5000);
  expect(log).toEqual(['a heard back from b']);
  network.unblock('a', 'b');
  await clock.advance(10);
  expect(log.slice(1)).toEqual(['b heard one from a', 'b heard two from a']);
  expect(network.counts.held).toBeGreaterThan(0);
});

test('a long partition closes the connection on both sides, and healing connects anew', async () => {
  const { a, clock, network, log } = await pair();
  network.partition([['a'], ['b']]);
  a.send('b', talk, 'lost');
  const failed = expect(a.request('b', talk, 'lost', 3_600_000)).rejects.toMatchObject({ code: 'peer-unreachable' });
  await clock.advance(20_000);
  await failed;
  expect(log.sort()).toEqual(['a disconnected b', 'b disconnected a']);
  network.heal();
  await clock.advance(5000);
  expect(log.slice(2).sort()).toEqual(['a connected b', 'b connected a']);
  expect(await Promise.all([a.request('b', talk, 'again', 1000), clock.advance(100)])).toContain('again');
});

test('a reset fails what was under way and is told as a new connection, not as a loss', async () => {
  const { a, clock, network, log } = await pair();
  a.send('b', talk, 'lost');
  const failed = expect(a.request('b', talk, 'lost', 60_000)).rejects.toMatchObject({ code: 'peer-unreachable' });
  network.reset('a', 'b');
  await failed;
  expect(a.connected()).toEqual(['b']);
  await clock.advance(100);
  expect(log.sort()).toEqual(['a connected b', 'b connected a']);
});

test('a crashed node is seen by its peers, settles nothing of its own, and comes back under its id', async () => {
  const { a, clock, network, log, join } = await pair();
  let settled = false;
  a.request('b', talk, 'never', 100).finally(() => {
    settled = true;
  });
  network.crash('a');
  await clock.advance(10_000);
  expect(settled).toBe(false);
  expect(log).toEqual(['b disconnected a']);
  await join('a');
  await clock.advance(5000);
  expect(log.slice(1).sort()).toEqual(['a connected b', 'b connected a']);
});

test('what a dead process asked is not answered to the next one under its id, which counts its requests anew', async () => {
  const { clock, network } = createLab();
  const asked: ((reply: string) => void)[] = [];
  const join = async (id: string) => {
    const node = network.join(id);
    node.serve(talk, { onRequest: (_, request) => new Promise((resolve) => asked.push((reply) => resolve(`${reply} to ${request}`))) });
    await node.start();
    await clock.advance(5000);
    return node;
  };
  const a = await join('a');
  await join('b');
  void a.request('b', talk, 'the old question', 60_000);
  await clock.advance(100);
  network.crash('a');
  await clock.advance(100);
  const again = (await join('a')).request('b', talk, 'the new question', 60_000);
  await clock.advance(100);
  asked[0]?.('late answer');
  await clock.advance(100);
  asked[1]?.('answer');
  await clock.advance(100);
  expect(await again).toBe('answer to the new question');
});

test('a node that crashed behind a partition is noticed once the partition heals', async () => {
  const { clock, network, log } = await pair();
  network.partition([['a'], ['b']]);
  network.crash('a');
  await clock.advance(1000);
  expect(log).toEqual([]);
  network.heal();
  await clock.advance(100);
  expect(log).toEqual(['b disconnected a']);
});

test('every fault asked for happens, and the same seed gives the same story', async () => {
  const story = async () => {
    const { a, b, clock, network, log } = await pair({ resetFraction: 0.02, dropFraction: 0.05, duplicateFraction: 0.2 }, 42);
    for (let turn = 0; turn < 300; turn += 1) {
      a.send('b', talk, turn);
      b.request('a', talk, turn, 50).then(
        (reply) => log.push(`reply ${reply}`),
        () => log.push(`no reply ${turn}`),
      );
      await clock.advance(10);
    }
    await clock.advance(1000);
    return { log, counts: network.counts };
  };
  const { log, counts } = await story();
  for (const kind of ['resets', 'dropped', 'duplicated'] as const) expect(counts[kind], kind).toBeGreaterThan(0);
  expect(log.filter((line) => line.includes('reply'))).toHaveLength(300);
  expect((await story()).log).toEqual(log);
});

test('nothing is shared between sender and receiver', async () => {
  const { a, clock, network } = await pair();
  const received: { list: number[]; bytes: Uint8Array }[] = [];
  const c = network.join('c');
  c.serve(talk, { onMessage: (_, message) => received.push(message as (typeof received)[number]) });
  await c.start();
  await clock.advance(100);
  const sent = { list: [1, 2], bytes: Uint8Array.of(1, 2) };
  a.send('c', talk, sent);
  sent.list.push(3);
  sent.bytes.fill(9);
  await clock.advance(100);
  expect(received).toEqual([{ list: [1, 2], bytes: Uint8Array.of(1, 2) }]);
});

test('a broken schema is a defect and stops the clock where it happened', async () => {
  const { a, clock, network } = await pair();
  const strict = network.join('strict');
  const refuse = {
    parse: () => {
      throw new TypeError('not this');
    },
  };
  strict.serve(
    { ...talk, message: refuse },
    {
      onMessage: () => undefined,
    },
  );
  await strict.start();
  await clock.advance(100);
  a.send('strict', talk, 'anything');
  await expect(clock.advance(100)).rejects.toThrow('not this');
});
