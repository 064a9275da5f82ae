import { expect, test } from 'vitest';
import { requirementsOf } from '../../support/inventories.ts';
import { recordOf, stepWith } from '../../support/jobs.ts';
import { WorkWorld } from '../../support/work-world.ts';

test('the tasks of a worker that said that it restarts are left alone until it is lost after all', async () => {
  const world = await WorkWorld.start(['a', 'b', 'c'], { taskMs: 60_000 });
  world.submit(recordOf({ steps: [stepWith(6, { requirements: requirementsOf({ cores: 1 }) })] }));
  await world.clock.advance(1000);
  const its = world.node('b').runner.started.map((attempt) => attempt.index);
  expect(its).not.toEqual([]);
  const elsewhere = (): readonly number[] => ['a', 'c'].flatMap((id) => world.node(id).runner.started.map((attempt) => attempt.index));
  const before = elsewhere();
  for (const node of world.living()) node.membership.change('b', {}, 'restarting');
  world.network.crash('b');
  // Longer than its leases.
  await world.clock.advance(19_000);
  expect(elsewhere()).toEqual(before);
  for (const id of ['a', 'c']) world.node(id).membership.change('b', {}, 'unreachable');
  await world.clock.advance(60_000);
  expect(elsewhere()).toEqual(expect.arrayContaining(its));
});
