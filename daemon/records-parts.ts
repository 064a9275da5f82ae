/** The database of the job records as daemon.ts needs it: what becomes of a damaged one depends on whether others have copies. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonSettings } from '../src/settings/daemon-settings.ts';
import type { Paths } from '../src/settings/paths.ts';
import { programFile } from '../src/settings/program-files.ts';
import type { Clock, Randomness } from './clock.ts';
import type { InventoryParts } from './inventory-parts.ts';
import type { Log } from './log/log.ts';
import { networkFile } from './network-parts.ts';
import type { RecordsProblem } from './records/journal.ts';
import { SqliteStore } from './records/sqlite-store.ts';
import { rememberNetwork } from './remembered.ts';

export function openRecords(
  { paths, settings }: { readonly paths: Paths; readonly settings: Pick<DaemonSettings, 'acceptLoss' | 'peers'> },
  { clock, randomness, log }: { readonly clock: Clock; readonly randomness: Randomness; readonly log: Log },
): SqliteStore {
  const { book, introducers } = rememberNetwork(networkFile(paths)).known;
  const othersHaveCopies = Object.keys(book).length > 0 || introducers.length > 0 || settings.peers.length > 0;
  return new SqliteStore(
    {
      file: paths.records,
      workerFile: programFile('daemon/records/store-worker.ts'),
      onDamage: othersHaveCopies || settings.acceptLoss ? 'repair' : 'alone',
      hasBytes: () => holdsBlobs(paths.blobs),
      onRepaired: (repair) =>
        log.of('records').error('the job records were damaged; what could be read is kept, the rest comes from the other machines', repair),
    },
    { clock, randomness },
  );
}

function holdsBlobs(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((shelf) => /^[0-9a-f]{2}$/.test(shelf) && readdirSync(join(folder, shelf)).length > 0);
}

/** Others should coordinate while this disk refuses or is slow; people see why in `status`. */
export function tellHealth(problems: readonly RecordsProblem[], { inventory, log }: { readonly inventory: InventoryParts; readonly log: Log }): void {
  const [worst] = problems;
  inventory.label('records', worst?.code);
  if (worst === undefined) log.of('records').info('the disk of the job records is as it should be');
  else log.of('records').error(worst.message, { code: worst.code, hint: worst.hint });
}
