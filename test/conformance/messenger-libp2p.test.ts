import { createClusterKeyText, parseClusterKey } from '../../daemon/network/cluster-key.ts';
import { Libp2pNetwork } from '../../daemon/network/libp2p-network.ts';
import { createNodeKey } from '../../daemon/network/node-key.ts';
import { systemClock, systemRandomness } from '../../daemon/system-clock.ts';
import { type MessengerLab, messengerSuite } from './messenger-suite.ts';

const keys = { ours: parseClusterKey(createClusterKeyText()), foreign: parseClusterKey(createClusterKeyText()) };

async function createLab(): Promise<MessengerLab> {
  const nodes: Libp2pNetwork[] = [];
  const find = (self: string) => nodes.find((node) => node.self === self);
  return {
    async create(cluster) {
      const node = new Libp2pNetwork(
        { clusterKey: keys[cluster], nodeKey: await createNodeKey(), host: 'machine', incarnation: 1, listen: { host: '127.0.0.1' } },
        { clock: systemClock(), randomness: systemRandomness() },
      );
      nodes.push(node);
      return node;
    },
    async meet(one, other) {
      const [address = ''] = find(other.self)?.addresses() ?? [];
      await find(one.self)?.found(address);
    },
    async until(predicate, record) {
      while (!predicate()) await new Promise<void>((resolve) => record.watch(resolve));
    },
    settled: (promise) => promise,
    close: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

messengerSuite('the libp2p network', createLab);
