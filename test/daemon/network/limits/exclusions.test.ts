import { expect, test } from 'vitest';
import { Exclusions } from '../../../../daemon/network/limits/exclusions.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

test('who breaks the protocol again stays out twice as long each time, up to ten minutes, and is forgiven after an hour', async () => {
  const clock = new VirtualClock();
  const exclusions = new Exclusions({ clock });
  const pauses: number[] = [];
  for (let time = 0; time < 9; time += 1) {
    pauses.push(exclusions.exclude('peer'));
    expect(exclusions.isExcluded('peer')).toBe(true);
    await clock.advance(pauses.at(-1) ?? 0);
    expect(exclusions.isExcluded('peer')).toBe(false);
  }
  expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600].map((seconds) => seconds * 1000));
  await clock.advance(3_600_000);
  expect(exclusions.exclude('peer')).toBe(10_000);
});

test('what a peer still sends on its way out makes its pause no longer', () => {
  const exclusions = new Exclusions({ clock: new VirtualClock() });
  exclusions.exclude('peer');
  exclusions.exclude('peer');
  expect(exclusions.exclude('peer')).toBe(10_000);
  expect(exclusions.isExcluded('other')).toBe(false);
});
