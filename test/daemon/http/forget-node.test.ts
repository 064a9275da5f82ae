import { expect, test } from 'vitest';
import { ApiWorld } from './api-world.ts';

test('a voter is forgotten by the end of its id, though no node has seen it', async () => {
  const world = new ApiWorld();
  world.voters = { ...world.voters, voters: [...world.voters.voters, { node: '12D3KooWlong-gone', store: 's' }] };
  expect(await world.call('forgetNode', { params: { node: 'long-gone' } })).toEqual({ node: '12D3KooWlong-gone', voters: ['a', '…gone'] });
  await expect(world.call('forgetNode', { params: { node: 'nobody' } })).rejects.toMatchObject({ code: 'node-not-found' });
});

test('whether the loss is accepted is passed on', async () => {
  const world = new ApiWorld();
  expect(await world.call('forgetNode', { params: { node: 'gone' }, body: { acceptLoss: true } })).toMatchObject({ voters: ['a'] });
  await world.call('forgetNode', { params: { node: 'a' } });
  expect(world.losses).toEqual([true, false]);
});
