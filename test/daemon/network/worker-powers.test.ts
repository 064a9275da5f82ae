import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { Libp2pNetwork } from '../../../daemon/network/libp2p-network.ts';
import { protocolLimits } from '../../../daemon/network/limits/protocol-limits.ts';
import { createNodeKey } from '../../../daemon/network/node-key.ts';
import { mayWorkerSay, workerPowers } from '../../../daemon/network/worker-powers.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import { frameTypes } from '../../../daemon/wire/frame.ts';
import type { Protocol } from '../../../daemon/wire/messenger.ts';
import { foundedCluster } from '../../support/founded-cluster.ts';

const { message, request, reply } = frameTypes;
const networks: Libp2pNetwork[] = [];
afterEach(async () => {
  for (const network of networks.splice(0)) await network.stop();
});

test.each([
  ['/supervm/records/1', request, 'push', false],
  ['/supervm/records/1', reply, 'entries', false],
  ['/supervm/records/1', request, 'pull', true],
  ['/supervm/election/1', message, 'term', false],
  ['/supervm/election/1', request, 'ask', false],
  ['/supervm/election/1', reply, 'granted', false],
  ['/supervm/work/1', request, 'assign', false],
  ['/supervm/work/1', message, 'stop', false],
  ['/supervm/coordination/1', request, 'offer', true],
  ['/supervm/coordination/1', message, 'settled', false],
  ['/supervm/blobs/1', request, 'read', true],
  ['/supervm/blobs/1', request, 'hold', false],
  ['/supervm/node-control/1', request, 'pause', false],
  ['/supervm/machines/1', request, 'expel', false],
  ['/supervm/of-tomorrow/1', request, 'anything', false],
])('on %s a worker says (%i) %s: %s', (protocol, type, word, allowed) => {
  expect(mayWorkerSay(protocol, { type }, { type: word })).toBe(allowed);
});

test('the table names protocols that there are, and no word that no protocol has', () => {
  expect(Object.keys(workerPowers).filter((protocol) => !(protocol in protocolLimits))).toEqual([]);
  const folder = join(import.meta.dirname, '../../../daemon');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !file.endsWith('worker-powers.ts'));
  const text = sources.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  const words = Object.values(workerPowers).flatMap((kinds) => Object.values(kinds).flatMap((list) => (list === 'any' ? [] : list)));
  expect(words.filter((word) => !text.includes(`z.literal('${word}')`))).toEqual([]);
});

const push: Protocol<unknown, unknown, unknown> = {
  ...{ id: '/supervm/records/1', maximumBytes: 4096 },
  ...{ message: z.object({ type: z.string() }), request: z.object({ type: z.string() }), reply: z.object({ type: z.string() }) },
};

test('over a connection a member refuses what a worker may not ask, by the certificate that the worker showed', async () => {
  const clock = systemClock();
  const parts = { clock, randomness: systemRandomness() };
  const [memberKey, workerKey] = [await createNodeKey(), await createNodeKey()];
  const cluster = await foundedCluster(clock, memberKey.id);
  const certificate = cluster.papers.admit(workerKey.id, 'worker')?.certificate ?? '';
  const asked: unknown[] = [];
  const open = async (nodeKey: typeof memberKey, papers: typeof cluster.papers) => {
    const network = new Libp2pNetwork({ clusterKey: cluster.key, nodeKey, papers, host: nodeKey.id, incarnation: 1, listen: { host: '127.0.0.1' } }, parts);
    networks.push(network);
    network.serve(push, {
      onRequest: async (from, body) => {
        asked.push([from === workerKey.id ? 'worker' : 'member', body]);
        return { type: 'stored' };
      },
    });
    await network.start();
    return network;
  };
  const member = await open(memberKey, cluster.papers);
  const worker = await open(workerKey, cluster.papersOf(workerKey.id, { state: { certificate } }));
  const connected = Promise.all([member, worker].map((network) => new Promise<void>((resolve) => network.onPeer(() => resolve()))));
  await worker.found(`127.0.0.1:${member.port()}`);
  await connected;
  await expect(worker.request(member.self, push, { type: 'push' }, 5000)).rejects.toMatchObject({
    code: 'peer-refused',
    message: expect.stringContaining('worker'),
  });
  expect(await worker.request(member.self, push, { type: 'pull' }, 5000)).toEqual({ type: 'stored' });
  expect(await member.request(worker.self, push, { type: 'push' }, 5000)).toEqual({ type: 'stored' });
  expect(asked).toEqual([
    ['worker', { type: 'pull' }],
    ['member', { type: 'push' }],
  ]);
});
