/** A fault of the database as people should hear of it. */
import { dirname } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import { diskCondition } from './disk-condition.ts';
import { newerLayout } from './layout-fault.ts';
import type { StoreFault } from './store-messages.ts';
import { asUnsure } from './unsure.ts';

/** SQLite's primary result codes (the low byte of an extended one), https://www.sqlite.org/rescode.html */
const busy = 5;
const readOnly = 8;
const inputOutput = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;

/** Marks errors of what is damaged, as `cause`: it may be repaired. */
const damage = Symbol('damage');

export function damaged(file: string, message: string): SupervmError {
  return new SupervmError(
    'records-damaged',
    `the job records in ${file} are damaged: ${message}`,
    'Restart the daemon (supervm down; supervm up): it keeps what can be read, and the other machines give it the rest.',
    { cause: damage },
  );
}

export function isDamage(error: unknown): boolean {
  return error instanceof SupervmError && error.cause === damage;
}

/** For a machine that nobody can give anything back to. */
export function damagedAlone(file: string, message: string): SupervmError {
  return new SupervmError(
    'records-damaged',
    `the job records in ${file} are damaged: ${message}`,
    `This machine knows no other one that could have a copy. If you have a backup of ${file}, put it in its place. Otherwise start with what can still be read: supervm up --accept-loss. The damaged file is kept beside it.`,
  );
}

/** What a person is told when the database `file` fails. */
export function storeError(file: string, fault: StoreFault): SupervmError {
  const error = errorOf(file, fault);
  return fault.unsure === true ? asUnsure(error) : error;
}

function errorOf(file: string, { result, message }: StoreFault): SupervmError {
  switch (result % 256) {
    case full:
      return diskFull(file);
    case readOnly:
      return diskReadOnly(file);
    case corrupt:
    case notADatabase:
      return damaged(file, message);
    case newerLayout:
      return new SupervmError('records-damaged', `the job records in ${file} are of a newer version: ${message}`, 'Start the newer supervm again.');
    case busy:
      return new SupervmError(
        'daemon-exists',
        `another process uses the job records in ${file}`,
        'Stop the other daemon, or give this one a folder of its own.',
      );
    case inputOutput:
    case cannotOpen:
      return unwritable(file, message);
    default:
      return new SupervmError('internal', `the job records in ${file} failed: ${message}`, 'Look at the disk and at who may write that folder.');
  }
}

/** SQLite says no more than that the disk refused. */
function unwritable(file: string, message: string): SupervmError {
  switch (diskCondition(dirname(file))) {
    case 'read-only':
      return diskReadOnly(file);
    case 'full':
      return diskFull(file);
    case 'out-of-inodes':
      return new SupervmError(
        'disk-full',
        `no room left for another file beside the job records in ${file}: the disk is out of inodes`,
        'Remove some files from that disk; nothing was lost and the daemon goes on.',
      );
    default:
      return new SupervmError('disk-failed', `the disk refuses to read or write the job records in ${file}: ${message}`, 'Look at the disk (dmesg).');
  }
}

function diskFull(file: string): SupervmError {
  return new SupervmError('disk-full', `no room left for the job records in ${file}`, 'Free some space on that disk; nothing was lost and the daemon goes on.');
}

function diskReadOnly(file: string): SupervmError {
  return new SupervmError(
    'disk-read-only',
    `the disk of the job records in ${file} can only be read`,
    'Make it writable again (often after a fault of the disk: dmesg); the daemon then goes on by itself.',
  );
}
