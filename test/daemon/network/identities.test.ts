import { expect, test } from 'vitest';
import { Identities } from '../../../daemon/network/identities.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const one = { life: 'one', host: 'first', address: '10.0.0.1:7946' };
const two = { life: 'two', host: 'second', address: '10.0.0.2:7946' };

test('both holders are refused, each told of the other, while both keep coming', async () => {
  const clock = new VirtualClock();
  const identities = new Identities({ clock });
  expect(identities.rivalOf('x', one)).toBeUndefined();
  identities.contest('x', one, two);
  for (let round = 0; round < 20; round += 1) {
    await clock.advance(20_000);
    expect([identities.rivalOf('x', one), identities.rivalOf('x', two)]).toEqual([two, one]);
  }
  expect(identities.rivalOf('y', one)).toBeUndefined();
});

test('the one that is left is taken again after a minute', async () => {
  const clock = new VirtualClock();
  const identities = new Identities({ clock });
  identities.contest('x', one, two);
  await clock.advance(30_000);
  expect(identities.rivalOf('x', one)).toEqual(two);
  await clock.advance(31_000);
  expect(identities.rivalOf('x', one)).toBeUndefined();
  expect(identities.isContested('x')).toBe(false);
});

test('invented contests do not fill the memory', () => {
  const identities = new Identities({ clock: new VirtualClock() });
  for (let index = 0; index < 1000; index += 1) identities.contest(`n${index}`, one, two);
  expect(Array.from({ length: 1000 }, (_, index) => identities.isContested(`n${index}`)).filter(Boolean)).toHaveLength(64);
});
