/** The keys of one home: opened, encrypted under a passphrase, given another one, or laid open again. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Randomness } from '../clock.ts';
import { type KeyFiles, keyFileNames, plainKeyFiles, sealedKeyFiles } from './key-files.ts';
import { assertGoodPassphrase, drawHomeKey, lockKey, unlockKey } from './passphrase-lock.ts';
import { isSealedText } from './sealed-text.ts';
import { syncFolder, writeWhole } from './write-whole.ts';

export interface HomePlace {
  readonly home: string;
  /** Is there where the home's keys are encrypted. */
  readonly encryption: string;
}

interface Needs {
  readonly randomness: Randomness;
  /** For tests: a disk that fails, and a cheaper scrypt. */
  readonly write?: typeof writeWhole;
  readonly cost?: Parameters<typeof lockKey>[3];
}

export interface OpenedKeys {
  readonly files: KeyFiles;
  readonly encrypted: boolean;
}

/**
 * Call with the folder locked. What is still in plain in an encrypted home (a crash while it was encrypted, a backup) is encrypted now. Throws
 * `passphrase-missing`, `passphrase-wrong`, `usage` for damaged files.
 */
export function openHomeKeys(place: HomePlace, passphrase: string | undefined, needs: Needs): OpenedKeys {
  if (!existsSync(place.encryption)) return { files: plainKeyFiles, encrypted: false };
  const files = sealedKeyFiles(homeKeyOf(place, passphrase), needs);
  sealAll(place, files);
  return { files, encrypted: true };
}

/** Throws as `openHomeKeys`. */
export function assertOpensHome(place: HomePlace, passphrase: string): void {
  homeKeyOf(place, passphrase);
}

/** From now on nothing of the home opens without it. Call with the folder locked. Throws `usage` for a bad passphrase, or where there is one already. */
export function encryptHome(place: HomePlace, passphrase: string, needs: Needs): void {
  assertGoodPassphrase(passphrase);
  if (existsSync(place.encryption))
    throw new SupervmError('usage', 'The keys of this machine are encrypted already.', 'For another passphrase: supervm passphrase');
  // First: a crash after it leaves a home that the passphrase opens.
  (needs.write ?? writeWhole)(place.encryption, lockKey(drawHomeKey(needs.randomness), passphrase, needs.randomness, needs.cost));
  openHomeKeys(place, passphrase, needs);
}

/** One file, so whole or not at all; a daemon that runs is not disturbed. Throws as `openHomeKeys` and `encryptHome`. */
export function changePassphrase(place: HomePlace, { old, next }: { readonly old: string; readonly next: string }, needs: Needs): void {
  assertGoodPassphrase(next);
  (needs.write ?? writeWhole)(place.encryption, lockKey(homeKeyOf(place, old), next, needs.randomness, needs.cost));
}

/** All key files in plain again. Call with the folder locked. A crash in between leaves a home that the passphrase opens. Throws as `openHomeKeys`. */
export function layOpen(place: HomePlace, passphrase: string, needs: Needs): void {
  const { read } = sealedKeyFiles(homeKeyOf(place, passphrase), needs);
  const texts = filesOf(place).map((file) => [file, read(file)] as const);
  for (const [file, text] of texts) if (text !== undefined) (needs.write ?? writeWhole)(file, text);
  rmSync(place.encryption);
  syncFolder(place.home);
}

function homeKeyOf({ encryption }: HomePlace, passphrase: string | undefined): Uint8Array {
  if (!existsSync(encryption))
    throw new SupervmError('usage', 'The keys of this machine are not encrypted.', 'To encrypt them: supervm down, then supervm up --encrypt');
  if (passphrase === undefined)
    throw new SupervmError(
      'passphrase-missing',
      'The keys of this machine are encrypted, and nobody gave the passphrase.',
      'Type it at a terminal: supervm up. Or name a file that holds it: supervm up --passphrase-file FILE',
    );
  return unlockKey(readFileSync(encryption, 'utf8'), passphrase, encryption);
}

function sealAll(place: HomePlace, { write }: KeyFiles): void {
  for (const file of filesOf(place)) {
    // Left by a write that a crash ended: it may hold a key.
    rmSync(`${file}.new`, { force: true });
    const plain = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    if (plain !== undefined && !isSealedText(plain)) write(file, plain);
  }
}

function filesOf({ home }: HomePlace): readonly string[] {
  return keyFileNames.map((name) => join(home, name));
}
