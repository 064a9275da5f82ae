/** The files of a home that hold secrets, in plain or encrypted: whoever reads or writes one does it here. */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Randomness } from '../clock.ts';
import { isSealedText, sealText, unsealText } from './sealed-text.ts';
import { writeWhole } from './write-whole.ts';

/** All that may be in a home. */
export const keyFileNames = ['node.key', 'node.key.next', 'node.key.removed', 'cluster.key', 'admin.key', 'membership.json', 'blobs.key'] as const;

export interface KeyFiles {
  /** The text as it was written; undefined where there is no file. Throws `usage` for one that these keys do not open. */
  read(file: string): string | undefined;
  /** Whole or not at all, readable by the owner alone; durable when it returns. Throws what the disk says. */
  write(file: string, text: string): void;
}

export const plainKeyFiles: KeyFiles = {
  read(file) {
    const text = readIfThere(file);
    if (text === undefined || !isSealedText(text)) return text;
    const hint = 'Restore encryption.json beside it from a backup: without it nobody can open the keys of this machine.';
    throw new SupervmError('usage', `${file} is encrypted, and what opens it is not there`, hint);
  },
  write: writeWhole,
};

/** A file that is still in plain is read as it is: whoever opens a home encrypts what it finds. */
export function sealedKeyFiles(
  homeKey: Uint8Array,
  { randomness, write = writeWhole }: { readonly randomness: Randomness; readonly write?: typeof writeWhole },
): KeyFiles {
  return {
    read(file) {
      const text = readIfThere(file);
      if (text === undefined || !isSealedText(text)) return text;
      const plain = unsealText(homeKey, boundName(file), text);
      if (plain !== undefined) return plain;
      throw new SupervmError(
        'usage',
        `${file} is damaged, or of another machine or name`,
        'Restore it from a backup, together with encryption.json beside it.',
      );
    },
    write: (file, text) => write(file, sealText(homeKey, boundName(file), text, randomness)),
  };
}

/** A key that takes the place of another is only renamed. */
function boundName(file: string): string {
  return basename(file).replace(/\.(next|removed)$/, '');
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
