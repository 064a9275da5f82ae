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
  // While the change before is under way the answer is to try again in a few seconds.
  const forget = async (name: string, code: number) => {
    const said: Awaited<ReturnType<typeof left.run>>[] = [];
    await left.until(async () => said.push(await left.run('node', 'forget', name, '--yes')) > 0 && said.at(-1)?.code === code, 60_000);
    return said.at(-1);
  };
  await forget(first, 0);
  const refused = await forget(second, 4);
  expect(refused).toMatchObject({ stderr: expect.stringContaining(`supervm node forget ${second} --accept-loss`) });
  const done = await left.run('node', 'forget', second, '--accept-loss');
  expect(done).toMatchObject({ code: 0 });
  await left.until(() => isQuorate(1), 30_000);
});
