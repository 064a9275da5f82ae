/** A node whose disk takes nothing can do no task, whatever else it has. */
import type { Inventory } from '../../src/model/inventory.ts';

const words: { readonly [code: string]: string } = {
  'disk-full': 'its disk is full',
  'disk-read-only': 'its disk can only be read',
  'disk-failed': 'its disk refuses to read or write',
};

/** What is wrong with the disk, by the code of a task's failure or of the label `records`; undefined for every other code. */
export function diskRefusal(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(words, code) ? words[code] : undefined;
}

/** As the node says of itself. */
export function toldDiskRefusal({ labels: { records } }: Pick<Inventory, 'labels'>): string | undefined {
  const refusal = diskRefusal(records);
  return refusal === undefined ? undefined : `takes nothing now: ${refusal}`;
}
