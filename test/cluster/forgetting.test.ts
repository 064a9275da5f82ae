/** Real daemons of which most voters are lost for good. */
import { expect, test } from 'vitest';
import type { StatusView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import { startCluster } from '../support/start-cluster.ts';

test('when two of three voters are lost, the last one is told what to type, and is quorate once that was typed', async () => {
  await using lab = Lab.create({ nodes: 3 });
  await startCluster(lab, undefined);
  const [left, ...lost] = lab.machines as [(typeof lab.machines)[0], ...(typeof lab.machines)[0][]];
  const isQuorate = async (voters: number): Promise<boolean> => {
    const { standing } = await left.json<StatusView>('status');
    return standing?.quorate === true && standing.voters === voters;
  };
  await left.until(() => isQuorate(3), 120_000);
  for (const machine of lost) await machine.kill('SIGKILL');
  const [first, second] = lost.map(({ name }) => name) as [string, string];
  await left.until(async () => {
    const { nodes, standing } = await left.json<StatusView>('status');
    return nodes.find(({ coordinator }) => coordinator)?.name === left.name && standing?.quorate === false && standing.reachable === 1;
  }, 60_000);
  expect(await left.run('node', 'forget', first, '--yes')).toMatchObject({ code: 0 });
  const refused = await left.run('node', 'forget', second, '--yes');
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining(`supervm node forget ${second} --accept-loss`) });
  const done = await left.run('node', 'forget', second, '--accept-loss');
  expect(done).toMatchObject({ code: 0 });
  await left.until(() => isQuorate(1), 30_000);
});
