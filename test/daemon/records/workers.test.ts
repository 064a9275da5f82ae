import { expect, test } from 'vitest';
import { type Head, type RecordsReply, recordsProtocol } from '../../../daemon/records/protocol.ts';
import { started, submission } from './journal-cluster.ts';

test('a worker that tells of other logs, or of another form of the own one, is not heeded, not pulled from and not waited for', async () => {
  const { cluster, nodes } = await started(['n1', 'n2']);
  const [victim] = nodes;
  await cluster.wait(victim.journal.append([submission('k')]));
  cluster.workers.add('w');
  const asked: unknown[] = [];
  const worker = cluster.network.join('w');
  worker.serve(recordsProtocol, {
    onRequest: async (_, request): Promise<RecordsReply> => {
      asked.push(request.type);
      return { type: 'entries', entries: [], complete: true };
    },
  });
  await worker.start();
  await cluster.clock.advance(100);
  const [own = ''] = [...victim.disk.logs.keys()];
  const head = (origin: string, digit: string): Head => ({ origin, sequence: 1, digest: digit.repeat(64) });
  worker.send('n1', recordsProtocol, { host: 'elsewhere', whole: true, heads: [head(own, '1'), head('n9/x', '2')] });
  await cluster.clock.advance(15_000);
  expect(victim.troubles).toEqual([]);
  expect(victim.disk.logs.size).toBe(1);
  expect(victim.journal.gaps().isBehind).toBe(false);
  expect(asked).not.toContain('pull');
  const stored = await cluster.wait(victim.journal.append([submission('k2')]));
  expect(stored.copies).toHaveLength(2);
});
