import { describe, expect, test } from 'vitest';
import { nodeViews, resourcesView, statusView } from '../../../daemon/http/node-views.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { gibibyte, inventoryOf } from '../../support/inventories.ts';
import { attemptOf, firstTerm } from '../../support/jobs.ts';
import { sampleJob } from './samples.ts';

function three(): FixedMembership {
  const membership = new FixedMembership('b', ['c', 'b', 'a']);
  for (const id of ['a', 'b', 'c'])
    membership.change(id, { inventory: inventoryOf({ cores: 4, memoryBytes: 8 * gibibyte, freeMemoryBytes: gibibyte, cpuLoad: 0.5 }) });
  return membership;
}

const now = (membership: FixedMembership) => ({
  cluster: 'f00',
  self: 'b',
  coordinator: firstTerm,
  standing: { quorate: false, reachable: 1, voters: 3 },
  voters: { number: 2, term: firstTerm, voters: [{ node: 'a', store: 's' }] },
  members: membership.members(),
  overviews: [
    { job: sampleJob, pending: 5, running: [{ attempt: attemptOf(sampleJob, 0, { node: 'c' }), fraction: 0, message: '', seconds: 0 }], etaSeconds: 7 },
  ],
});

const durability = { copies: 3, wanted: 3, problems: [] };

describe('the status', () => {
  test('adds up three nodes of four cores and eight gigabytes', () => {
    const view = statusView(now(three()), [{ total: 6, kept: 1, failed: 0, pending: 5 }], durability);
    expect(view.totals).toEqual({ nodes: 3, cores: 12, memoryBytes: 24 * gibibyte, freeMemoryBytes: 3 * gibibyte, gpus: 0 });
    expect(view.copies).toBe(3);
    expect(view.queue).toEqual({ jobs: 1, runningTasks: 1, pendingTasks: 4, etaSeconds: 7 });
  });

  test('counts what is here: a lost node is shown, but adds nothing', () => {
    const membership = three();
    membership.change('c', {}, 'unreachable');
    const view = statusView(now(membership), [], durability);
    expect(view.totals.cores).toBe(8);
    expect(view.copies).toBe(2);
    expect(view.nodes.map((node) => `${node.name} ${node.reachability}`)).toEqual(['a alive', 'b alive', 'c unreachable']);
  });

  test('says who votes, and how many voters the coordinator reaches', () => {
    const view = statusView(now(three()), [], durability);
    expect(view.nodes.filter((node) => node.voter).map((node) => node.name)).toEqual(['a']);
    expect(view.standing).toEqual({ quorate: false, reachable: 1, voters: 3 });
  });

  test('counts copies by machine, not by node', () => {
    const membership = three();
    membership.change('c', { host: 'host-a' });
    expect(statusView(now(membership), [], durability).copies).toBe(2);
  });
});

test('nodes are named in order with who coordinates, who answers and what runs', () => {
  const views = nodeViews(now(three()));
  expect(views.map(({ name, coordinator, self, running }) => ({ name, coordinator, self, running }))).toEqual([
    { name: 'a', coordinator: true, self: false, running: 0 },
    { name: 'b', coordinator: false, self: true, running: 0 },
    { name: 'c', coordinator: false, self: false, running: 1 },
  ]);
});

test('resources are sums over the nodes that are here', () => {
  const membership = three();
  membership.change('c', {}, 'left');
  expect(resourcesView(membership.members())).toMatchObject({
    nodes: 2,
    cpu: { cores: 8, used: 4 },
    memory: { totalBytes: 16 * gibibyte },
    programs: [{ name: 'blender', version: '3.4.1', nodes: 2 }],
  });
});
