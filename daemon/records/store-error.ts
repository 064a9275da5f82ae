import { SupervmError } from '../../src/model/errors.ts';
import type { StoreFault } from './store-messages.ts';

/** SQLite's primary result codes (the low byte of an extended one), https://www.sqlite.org/rescode.html */
const busy = 5;
const corrupt = 11;
const full = 13;
const notADatabase = 26;

export function damaged(file: string, message: string): SupervmError {
  return new SupervmError(
    'records-damaged',
    `the job records in ${file} cannot be read: ${message}`,
    `Stop the daemon, move ${file} and its -wal file away and start again: the facts come back from the other machines of the cluster.`,
  );
}

/** What a person is told when the database `file` fails. */
export function storeError(file: string, { result, message }: StoreFault): SupervmError {
  switch (result % 256) {
    case full:
      return new SupervmError(
        'disk-full',
        `no room left for the job records in ${file}`,
        'Free some space on that disk; nothing was lost and the daemon goes on.',
      );
    case corrupt:
    case notADatabase:
      return damaged(file, message);
    case busy:
      return new SupervmError(
        'daemon-exists',
        `another process uses the job records in ${file}`,
        'Stop the other daemon, or give this one a folder of its own.',
      );
    default:
      return new SupervmError('internal', `the job records in ${file} failed: ${message}`, 'Look at the disk and at who may write that folder.');
  }
}
