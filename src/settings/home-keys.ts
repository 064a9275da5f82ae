/** What `daemon/home-keys.ts` exports: the command line loads it by name, and only for a home whose keys are encrypted or are to be. */
import type { Paths } from './paths.ts';

type Place = Pick<Paths, 'home' | 'encryption' | 'lock' | 'pid'>;

export interface HomeKeys {
  /** Throws `passphrase-wrong`, or `usage` where the home's files are damaged or not encrypted. */
  assertOpens(paths: Place, passphrase: string): void;
  /** Throws `daemon-exists`, `usage` for a passphrase that is too short. */
  encrypt(paths: Place, passphrase: string): void;
  /** While a daemon runs too. Throws as the others. */
  change(paths: Place, passphrases: { readonly old: string; readonly next: string }): void;
  /** All in plain again. Throws `daemon-exists`, and as `assertOpens`. */
  layOpen(paths: Place, passphrase: string): void;
}
