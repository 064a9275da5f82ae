import { afterEach, expect, test } from 'vitest';
import { machinesProtocol } from '../../daemon/machines-protocol.ts';
import { type ClusterKey, createClusterKeyText, goodPrologues, parseClusterKey } from '../../daemon/network/cluster-key.ts';
import { Libp2pNetwork } from '../../daemon/network/libp2p-network.ts';
import { createNodeKey, type NodeKey } from '../../daemon/network/node-key.ts';
import { keyFilePapers } from '../../daemon/network/papers/key-file-papers.ts';
import type { Papers } from '../../daemon/network/papers/papers.ts';
import { SecretRotation } from '../../daemon/secret-rotation.ts';
import { systemClock, systemRandomness } from '../../daemon/system-clock.ts';
import { foundedCluster } from '../support/founded-cluster.ts';

const hourMs = 3_600_000;
const clock = systemClock();
const networks: Libp2pNetwork[] = [];
afterEach(async () => {
  for (const network of networks.splice(0)) await network.stop();
});

async function open(nodeKey: NodeKey, papers: Papers, key: ClusterKey) {
  const network = new Libp2pNetwork(
    { clusterKey: key, nodeKey, papers, host: nodeKey.id, incarnation: 1, listen: { host: '127.0.0.1' } },
    { clock, randomness: systemRandomness() },
  );
  networks.push(network);
  let kept = key.text;
  const replaced = Promise.withResolvers<void>();
  const keep = (text: string): void => {
    kept = text;
    replaced.resolve();
  };
  const rotation = new SecretRotation({ key }, { clock, papers, messenger: network, keep, takePrologues: (prologues) => network.takePrologues(prologues) });
  network.onPeer(({ type, peer }) => type === 'connected' && rotation.met(peer));
  network.serve(machinesProtocol, {
    onMessage: (from, message) => (message.type === 'holds' ? rotation.heardNumber(from, message.number) : rotation.heardSecret(from, message.secret)),
  });
  await network.start();
  return { network, rotation, replaced: replaced.promise, kept: () => parseClusterKey(kept) };
}

const meet = (one: Libp2pNetwork, other: Libp2pNetwork): Promise<void> => {
  const met = new Promise<void>((resolve) => one.onPeer(({ type }) => type === 'connected' && resolve()));
  void other.found(`127.0.0.1:${one.port()}`);
  return met;
};

test('a new secret reaches who is connected at once, and who was off when it comes back by the old one; then only the new one lets in', async () => {
  const [founderKey, secondKey, lateKey] = [await createNodeKey(), await createNodeKey(), await createNodeKey()];
  const cluster = await foundedCluster(clock, founderKey.id);
  const papersOf = (nodeKey: NodeKey) =>
    cluster.papersOf(nodeKey.id, { state: { certificate: cluster.papers.admit(nodeKey.id, 'member')?.certificate ?? '' } });
  const founder = await open(founderKey, cluster.papers, cluster.key);
  const second = await open(secondKey, papersOf(secondKey), cluster.key);
  await meet(founder.network, second.network);
  expect(founder.rotation.rotate(hourMs)).toMatchObject({ number: 2, told: [secondKey.id] });
  await second.replaced;
  expect(second.kept()).toMatchObject({ number: 2, clusterId: cluster.key.clusterId, root: cluster.key.root });
  expect(second.kept().prologues).toEqual(founder.kept().prologues);
  // Off meanwhile; it knows nobody but the second, who holds no admin key.
  const late = await open(lateKey, papersOf(lateKey), cluster.key);
  await meet(second.network, late.network);
  await late.replaced;
  expect(late.kept().text.split('\n')[0]).toBe(founder.kept().text.split('\n')[0]);
  expect(late.rotation.key.shared).toEqual(founder.rotation.key.shared);
  // The old one has ended everywhere: who still has it alone does not even come to the hello.
  const stranger = await open(await createNodeKey(), papersOf(lateKey), cluster.key);
  for (const { network, kept } of [founder, second, late]) network.takePrologues(goodPrologues(kept(), clock.wall() + 2 * hourMs));
  await stranger.network.found(`127.0.0.1:${founder.network.port()}`);
  expect(stranger.network.counts().connections).toBe(0);
  // Connections that stood before go on.
  expect(founder.network.connected()).toEqual([secondKey.id]);
});

test('only an admin key replaces a secret, only by a later one, and a key file has none to replace', async () => {
  const [founderKey, secondKey] = [await createNodeKey(), await createNodeKey()];
  const cluster = await foundedCluster(clock, founderKey.id);
  const sent: unknown[] = [];
  const make = (papers: Papers, key: ClusterKey) =>
    new SecretRotation(
      { key },
      {
        ...{ clock, papers, keep: () => undefined, takePrologues: () => undefined },
        messenger: { send: (_, __, message) => void sent.push(message), connected: () => ['peer'] },
      },
    );
  const founder = make(cluster.papers, cluster.key);
  const second = make(cluster.papersOf(secondKey.id), cluster.key);
  expect(() => second.rotate(hourMs)).toThrow('no admin key');
  founder.rotate(hourMs);
  const { replacement } = founder.key;
  if (replacement === undefined) throw new Error('nothing was replaced');
  const other = cluster.key.text.split(' ')[1] ?? '';
  for (const forged of [{ number: 3 }, { secret: other }, { until: 1 }, { signedBy: other }, { signature: '' }])
    second.heardSecret('peer', { ...replacement, ...forged });
  expect(second.key.number).toBe(1);
  second.heardSecret('peer', replacement);
  expect(second.key).toMatchObject({ number: 2, shared: founder.key.shared });
  // Told again, or of one before, nothing changes, and whoever asks with less is told.
  second.heardSecret('peer', replacement);
  sent.length = 0;
  second.heardNumber('peer', 2);
  second.heardNumber('peer', 1);
  expect(sent).toEqual([{ type: 'secret', secret: replacement }]);
  const clusterKey = parseClusterKey(createClusterKeyText());
  expect(() => make(keyFilePapers({ self: 'one', clusterKey }, { clock }), clusterKey).rotate(hourMs)).toThrow('key file');
});
