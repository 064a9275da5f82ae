/** A peer of a version that does not exist yet, among nodes of this one: nobody loses a connection over what it adds. */
import { multiaddr } from '@multiformats/multiaddr';
import { expect, onTestFinished, test } from 'vitest';
import { electionProtocol } from '../../../daemon/election/protocol.ts';
import { membershipProtocol } from '../../../daemon/membership/protocol.ts';
import { createClusterKeyText, parseClusterKey } from '../../../daemon/network/cluster-key.ts';
import { type Hello, helloProtocol, wireVersion } from '../../../daemon/network/hello.ts';
import { Libp2pNetwork } from '../../../daemon/network/libp2p-network.ts';
import { createLibp2pNode } from '../../../daemon/network/libp2p-node.ts';
import { createNodeKey } from '../../../daemon/network/node-key.ts';
import { keyFilePapers } from '../../../daemon/network/papers/key-file-papers.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import { decodeBody, encodeBody } from '../../../daemon/wire/codec.ts';
import { createFrameDecoder, encodeFrames, type Frame, frameTypes } from '../../../daemon/wire/frame.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';
import { factsOf, SmallCluster } from '../../support/small-cluster.ts';

const anything = { parse: (body: unknown) => body };
const freely = (protocol: { readonly id: string; readonly maximumBytes: number }): Protocol<unknown, unknown, unknown> => ({
  ...{ id: protocol.id, maximumBytes: protocol.maximumBytes },
  ...{ message: anything, request: anything, reply: anything },
});

test('an older cluster takes a newer member in, follows it and outvotes nobody', async () => {
  const heard: string[] = [];
  const world = new SmallCluster(1, { onUnknown: (peer, protocol, word) => heard.push(`${peer} ${protocol} ${word}`) });
  const booted = world.bootAll(['a', 'b'], 'a');
  await world.clock.advance(10_000);
  const members = await booted;
  expect(world.agrees()).toBe(true);
  const newer = world.network.join('z');
  const lost: string[] = [];
  newer.onPeer(({ type, peer }) => type === 'disconnected' && lost.push(peer));
  newer.serve(freely(membershipProtocol), {});
  newer.serve(freely(electionProtocol), { onRequest: async () => ({ type: 'asleep', dream: 'sheep' }) });
  await newer.start();
  await world.clock.advance(100);
  const facts = { ...factsOf('z'), revision: 1, colour: 'red' };
  const record = { facts: { ...facts, inventory: { ...facts.inventory, fans: 3 } }, left: false, sees: ['a', 'b'], watchers: [], mood: 'good' };
  for (let turn = 0; turn < 40; turn += 1) {
    for (const peer of ['a', 'b']) {
      newer.send(peer, freely(membershipProtocol), { type: 'beat', intervalMs: 250, weather: 'fair' });
      newer.send(peer, freely(membershipProtocol), { type: 'news', records: [record], weather: 'fair' });
      newer.send(peer, freely(membershipProtocol), { type: 'rumour', about: 7 });
      newer.send(peer, freely(electionProtocol), { type: 'ballot', term: 'any' });
      newer.request(peer, freely(electionProtocol), { type: 'poll' }, 200).catch((error: { code: string }) => heard.push(`refused ${error.code}`));
    }
    await world.clock.advance(250);
  }
  expect(lost).toEqual([]);
  expect(world.agrees()).toBe(true);
  for (const { membership } of members) {
    expect(membership.member('z')?.reachability).toBe('alive');
    expect(membership.member('z')?.facts).toEqual({ ...factsOf('z'), revision: 1 });
  }
  expect(heard).toContain(`z ${membershipProtocol.id} rumour`);
  expect(heard).toContain(`z ${electionProtocol.id} ballot`);
  expect(heard).toContain('refused peer-other-version');
  expect(heard).not.toContain('refused peer-unreachable');
});

test('over libp2p a newer peer keeps its connection, is answered what is known, and is told of once a word', async () => {
  const clusterKey = parseClusterKey(createClusterKeyText());
  const told: string[] = [];
  const said: unknown[] = [];
  const parts = { clock: systemClock(), randomness: systemRandomness() };
  const network = new Libp2pNetwork(
    { clusterKey, nodeKey: await createNodeKey(), host: 'older', incarnation: 1, listen: { host: '127.0.0.1' } },
    { ...parts, unknown: (_, protocol, word) => told.push(`${protocol} ${word}`), problem: (_, reason) => told.push(reason) },
  );
  network.serve(electionProtocol, { onMessage: (_, message) => said.push(message), onRequest: async () => ({ type: 'seat' as const, store: 's' }) });
  onTestFinished(() => network.stop());
  await network.start();

  const nodeKey = await createNodeKey();
  const newer = await createLibp2pNode({
    ...{ nodeKey, prologues: clusterKey.prologues, listen: '/ip4/127.0.0.1/tcp/0', life: 'newer' },
    ...{ isBanned: () => false, enters: () => true, metOwnLife: () => undefined },
  });
  onTestFinished(async () => newer.stop());
  await newer.start();
  const answers = frameQueue();
  void newer.handle(electionProtocol.id, (stream) => answers.from(stream));
  const connection = await newer.dial(multiaddr(`/ip4/127.0.0.1/tcp/${network.port()}`));
  const control = await connection.newStream(helloProtocol);
  const hello: Hello = {
    ...{ kind: 'hello', wire: wireVersion, node: nodeKey.id, cluster: clusterKey.clusterId, host: 'newer', incarnation: 1, life: 'newer', addresses: [] },
    papers: keyFilePapers({ self: nodeKey.id, clusterKey }, parts).shown(),
  } as Hello;
  const hellos = frameQueue();
  hellos.from(control);
  const frame = (body: unknown, type: number = frameTypes.message, id = 0): Frame => ({ type, id, body: encodeBody(body) });
  control.send(encodeFrames([frame({ kind: 'overture', of: 'a newer version' }), frame({ ...hello, dialect: 'new' })]));
  expect(decodeBody((await hellos.next()).body)).toMatchObject({ kind: 'hello', host: 'older' });
  control.send(encodeFrames([frame({ kind: 'ready', steady: true }), frame({ kind: 'applause' }), frame({ kind: 'ping' }, 17)]));
  const election = await connection.newStream(electionProtocol.id);
  const term = { number: 1, node: nodeKey.id };
  const odd = [frame({ type: 'ballot' }), frame({ type: 'ballot' }), frame({ type: 'ballot' }, 9), frame({ type: 'term', term, mood: 'good' })];
  election.send(encodeFrames([...odd, frame({ type: 'poll' }, frameTypes.request, 1), frame({ type: 'look', far: true }, frameTypes.request, 2)]));
  const [refusal, reply] = [await answers.next(), await answers.next()];
  expect(refusal).toMatchObject({ type: frameTypes.refusal, id: 1 });
  expect(decodeBody(refusal.body)).toMatchObject({ code: 'unknown' });
  expect(reply).toMatchObject({ type: frameTypes.reply, id: 2 });
  expect(said).toEqual([{ type: 'term', term }]);
  expect(told).toEqual(['ballot', 'mood', 'poll', 'far'].map((word) => `${electionProtocol.id} ${word}`));
  expect(network.counts().unknownMessages).toBe(5);
  expect(network.connected()).toEqual([nodeKey.id]);
  // What no version says still ends it.
  const cut = new Promise((resolve) => network.onPeer(resolve));
  election.send(encodeFrames([frame({ type: 'term', term: 7 })]));
  expect(await cut).toEqual({ type: 'disconnected', peer: nodeKey.id });
});

/** Frames that come on streams, to be waited for one by one. */
function frameQueue() {
  const frames: Frame[] = [];
  let arrived = Promise.withResolvers<void>();
  return {
    from(stream: { addEventListener(type: 'message', listener: (event: { data: { subarray(): Uint8Array } }) => void): void }): void {
      const decoder = createFrameDecoder();
      stream.addEventListener('message', (event) => {
        frames.push(...decoder.push(event.data.subarray()));
        arrived.resolve();
        arrived = Promise.withResolvers();
      });
    },
    async next(): Promise<Frame> {
      for (;;) {
        const frame = frames.shift();
        if (frame !== undefined) return frame;
        await arrived.promise;
      }
    },
  };
}
