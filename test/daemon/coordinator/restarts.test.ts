import { describe, expect, test } from 'vitest';
import { coordinationProtocol } from '../../../daemon/wire/coordination-protocol.ts';
import { workProtocol } from '../../../daemon/wire/work-protocol.ts';
import type { AttemptName } from '../../../src/model/job.ts';
import { requirementsOf } from '../../support/inventories.ts';
import { recordOf, stepWith } from '../../support/jobs.ts';
import { WorkWorld } from '../../support/work-world.ts';

const three = ['a', 'b', 'c'];
const second = { number: 2, node: 'b' };

describe('when a node restarts', () => {
  test('that coordinated, the next coordinator leaves its tasks to it until it is given up', async () => {
    const world = await WorkWorld.start(three, { taskMs: 60_000 });
    world.submit(recordOf({ steps: [stepWith(6, { requirements: requirementsOf({ cores: 1 }) })] }));
    await world.clock.advance(1000);
    const own = world.node('a').runner.started.map((attempt) => attempt.index);
    const elsewhere = (): readonly number[] => ['b', 'c'].flatMap((id) => world.node(id).runner.started.map((attempt) => attempt.index));
    const before = elsewhere();
    world.node('a').worker.farewell();
    await world.clock.advance(10);
    world.kill('a');
    for (const node of world.living()) node.membership.change('a', {}, 'restarting');
    world.lead(second);
    await world.clock.advance(15_000);
    expect(own).not.toEqual([]);
    expect(elsewhere()).toEqual(before);
    for (const node of world.living()) node.membership.change('a', {}, 'unreachable');
    await world.clock.advance(1000);
    expect(
      elsewhere()
        .filter((index) => !before.includes(index))
        .toSorted(),
    ).toEqual(own);
  });

  test('and is back before anybody missed it, what it has taken up again goes on and the rest is placed again', async () => {
    const world = await WorkWorld.start(three, { taskMs: 60_000 });
    world.submit(recordOf({ steps: [stepWith(6, { requirements: requirementsOf({ cores: 1 }) })] }));
    await world.clock.advance(1000);
    const [taken, ...lost] = world.node('b').runner.started;
    world.network.crash('b');
    for (const id of ['a', 'c']) world.node(id).membership.change('b', { incarnation: 2, paused: true });
    await world.clock.advance(100);
    const elsewhere = (): readonly number[] => ['a', 'c'].flatMap((id) => world.node(id).runner.started.map((attempt) => attempt.index));
    const before = elsewhere();
    const restarted = world.network.join('b');
    restarted.serve(workProtocol, {});
    await restarted.start();
    await world.clock.runUntil(() => restarted.connected().includes('a'), 9_000);
    const held = { attempt: taken as AttemptName, state: 'running', fraction: 0, message: '' } as const;
    restarted.send('a', coordinationProtocol, { type: 'report', holdings: { incarnation: 2, attempts: [held] } });
    await world.clock.advance(100);
    expect(lost).not.toEqual([]);
    expect(elsewhere().filter((index) => !before.includes(index))).toEqual(lost.map((attempt) => attempt.index));
  });
});
