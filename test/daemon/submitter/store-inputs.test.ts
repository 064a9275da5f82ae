import { expect, test } from 'vitest';
import { RecentUse } from '../../../daemon/blobs/recent-use.ts';
import { storeInputs } from '../../../daemon/submitter/store-inputs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

test('what is stored may not be collected until the submission ends, however long it takes', async () => {
  const clock = new VirtualClock();
  const recentUse = new RecentUse({ clock });
  const needs = {
    blobs: { put: async () => ({ digest: 'tree', size: 1 }) },
    blobFiles: { putFile: async () => ({ digest: 'file', size: 1 }) },
    encodeTree: () => new Uint8Array(1),
  };
  const pins = recentUse.pins();
  await storeInputs(needs, [{ source: '/dev/null', path: 'a' }], () => undefined, new AbortController().signal, pins);
  await clock.advance(600_000);
  const removed: string[] = [];
  const removeAll = async (): Promise<void> => {
    for (const digest of ['file', 'tree']) await recentUse.removeUnused(digest, async () => void removed.push(digest));
  };
  await removeAll();
  expect(removed).toEqual([]);
  pins.end();
  await clock.advance(120_000);
  await removeAll();
  expect(removed).toEqual(['file', 'tree']);
});
