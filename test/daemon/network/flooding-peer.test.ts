/** Real connections: a member that says too much is held back, then not heard, then cut; the others go on. */
import { expect, onTestFinished, test } from 'vitest';
import { createClusterKeyText, parseClusterKey } from '../../../daemon/network/cluster-key.ts';
import { Libp2pNetwork } from '../../../daemon/network/libp2p-network.ts';
import { usualLimits } from '../../../daemon/network/limits/protocol-limits.ts';
import { createNodeKey } from '../../../daemon/network/node-key.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';

const clusterKey = parseClusterKey(createClusterKeyText());
const anything = { parse: (body: unknown) => body };
const talk: Protocol<unknown, unknown, unknown> = { id: '/test/talk/1', message: anything, request: anything, reply: anything, maximumBytes: 1000 };

async function start() {
  const excluded: string[] = [];
  const heard = { messages: 0 };
  const network = new Libp2pNetwork(
    { clusterKey, nodeKey: await createNodeKey(), host: 'machine', incarnation: 1, listen: { host: '127.0.0.1' } },
    { clock: systemClock(), randomness: systemRandomness(), excluded: (peer, reason, pauseMs) => excluded.push(`${peer} ${pauseMs}: ${reason}`) },
  );
  const answers: ((answer: unknown) => void)[] = [];
  network.serve(talk, {
    onMessage: () => {
      heard.messages += 1;
    },
    onRequest: async (_, request) => (request === 'hang' ? new Promise((resolve) => answers.push(resolve)) : request),
  });
  const left = new Promise<string>((resolve) => network.onPeer(({ type, peer }) => type === 'disconnected' && resolve(peer)));
  onTestFinished(() => network.stop());
  await network.start();
  return { network, excluded, heard, left, answers };
}

type Started = Awaited<ReturnType<typeof start>>;

async function meet(one: Started, other: Started): Promise<void> {
  const met = new Promise<void>((resolve) => other.network.onPeer(({ type, peer }) => type === 'connected' && peer === one.network.self && resolve()));
  await one.network.found(other.network.addresses()[0] ?? '');
  await met;
}

test('a member that floods is not heard beyond its limits, cut, and stays out; the others go on', async () => {
  const [flooder, victim, other] = [await start(), await start(), await start()];
  await meet(flooder, victim);
  await meet(other, victim);
  for (let count = 0; count < 20_000; count += 1) flooder.network.send(victim.network.self, talk, count);
  expect(await victim.left).toBe(flooder.network.self);
  expect(victim.excluded).toEqual([`${flooder.network.self} 10000: it broke the protocol: it says more on /test/talk/1 than any node has to`]);
  // Both bursts, and what the seconds since added.
  expect(victim.heard.messages).toBeLessThan(3 * usualLimits.messages.burst);
  expect(victim.network.counts().droppedMessages).toBeGreaterThan(0);
  expect(await other.network.request(victim.network.self, talk, 'well', 5_000)).toBe('well');
  expect(victim.network.connected()).toEqual([other.network.self]);
});

test('requests that a peer leaves open are bounded, and more are refused while the connection stays', async () => {
  const [asker, asked] = [await start(), await start()];
  await meet(asker, asked);
  const open = Array.from({ length: usualLimits.requests }, () => asker.network.request(asked.network.self, talk, 'hang', 10_000));
  await expect(asker.network.request(asked.network.self, talk, 'one more', 5_000)).rejects.toThrow('too many requests at once');
  for (const answer of asked.answers) answer('done');
  expect(await Promise.all(open)).toEqual(open.map(() => 'done'));
  expect(await asker.network.request(asked.network.self, talk, 'again', 5_000)).toBe('again');
});
