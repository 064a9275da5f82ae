import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/model/facts.ts';
import { CollectionWorld, hour } from './collection-world.ts';

describe('what nothing refers to, as far as is known here, is kept', () => {
  let world: CollectionWorld;
  let gone: readonly Fact[];

  /** Three blobs of a job that is removed, and one that nobody refers to; all of them old. */
  beforeEach(async () => {
    world = new CollectionWorld();
    await world.collection.start();
    gone = await world.job('one', 'scene', 'frame one');
    await world.blobs.put(Buffer.from('given up'));
    await world.time.advance(hour);
  });
  afterEach(() => world.collection.stop());

  test('while this node lacks entries that others told of, and no longer', async () => {
    world.gaps = { ...world.gaps, isBehind: true };
    world.remove('one', gone);
    await world.time.advance(60 * hour);
    expect(await world.count()).toBe(4);
    world.gaps = { ...world.gaps, isBehind: false };
    await world.time.advance(200_000);
    expect(await world.count()).toBe(0);
  });

  test('until it was quiet for a while after another node came', async () => {
    await world.time.advance(60 * hour);
    expect(await world.count()).toBe(3);
    world.remove('one', gone);
    await world.time.advance(60_000);
    world.gaps = { ...world.gaps, quietSince: world.time.now() };
    await world.time.advance(119_000);
    expect(await world.count()).toBe(3);
    await world.time.advance(100_000);
    expect(await world.count()).toBe(0);
  });

  test('for a week after a loss of records, however often the clock is set meanwhile', async () => {
    world.gaps = { ...world.gaps, lostAt: world.clock.wall() - hour };
    world.remove('one', gone);
    await world.time.advance(100_000);
    world.wallError = 365 * 24 * hour;
    await world.time.advance(7 * 24 * hour - 2 * hour);
    expect(await world.count()).toBe(4);
    await world.time.advance(2 * hour);
    expect(await world.count()).toBe(0);
  });

  test.each([
    ['in the future', 3 * 365 * 24 * hour],
    ['before there were such records', -50 * 365 * 24 * hour],
  ])('for a week after the start when the loss seems to have been %s', async (_when, offset) => {
    world.gaps = { ...world.gaps, lostAt: world.clock.wall() + offset };
    world.remove('one', gone);
    await world.time.advance(7 * 24 * hour - hour);
    expect(await world.count()).toBe(4);
    await world.time.advance(2 * hour);
    expect(await world.count()).toBe(0);
  });

  test.each([
    ['that has met none of the others', 0],
    ['that was cut off from the others later', 20 * hour],
  ])('for a week on a machine %s, except what a removed job referred to', async (_which, later) => {
    await world.time.advance(later);
    world.gaps = { ...world.gaps, unheardSince: later };
    world.remove('one', gone);
    await world.time.advance(7 * 24 * hour - 2 * hour);
    expect(await world.count()).toBe(1);
    await world.time.advance(3 * hour);
    expect(await world.count()).toBe(0);
  });

  test('for some minutes after it was written', async () => {
    const young = await world.job('two', 'another scene', 'another frame');
    await world.time.advance(120_000);
    world.remove('two', young);
    await world.time.advance(400_000);
    expect(await world.count()).toBe(7);
    await world.time.advance(400_000);
    expect(await world.count()).toBe(4);
  });

  test.each([
    ['the clock was set back since', hour],
    ['the clock was wrong then', -30 * 365 * 24 * hour],
  ])('when its age makes no sense because %s', async (_why, offset) => {
    world.disk.heldSince = async () => world.clock.wall() + offset;
    world.remove('one', gone);
    await world.time.advance(60 * hour);
    expect(await world.count()).toBe(4);
  });

  test('for some minutes after the clock was set, which makes young files look old', async () => {
    const young = await world.job('two', 'another scene', 'another frame');
    await world.time.advance(61_000);
    world.wallError = 24 * hour;
    world.remove('two', young);
    await world.time.advance(500_000);
    expect(await world.count()).toBe(7);
    await world.time.advance(400_000);
    expect(await world.count()).toBe(4);
  });
});
