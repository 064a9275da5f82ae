/** How far a change has come that every machine is to know. */
import type { Spread } from '../../api/cluster-views.ts';
import { oneLine } from './style.ts';
import { countText } from './units.ts';

export function spreadText({ copies, notReached }: Spread): string {
  const known = `${countText(copies.length, 'machine')} ${copies.length === 1 ? 'knows' : 'know'} it so far.`;
  return notReached.length === 0 ? known : `${known} Not reached now: ${notReached.map(oneLine).join(', ')}; they learn of it when they are back.`;
}
