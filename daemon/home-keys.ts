/** The keys of a home, as the command line changes them while no daemon runs; it loads this by name. Nothing here loads libp2p. */
import { lockFolder } from '../src/settings/folder-lock.ts';
import type { HomeKeys } from '../src/settings/home-keys.ts';
import { makePrivateFolder } from '../src/settings/private-folder.ts';
import { assertOpensHome, changePassphrase, encryptHome, layOpen as layHomeOpen } from './keys/home-keys.ts';
import { systemRandomness } from './system-clock.ts';

const needs = { randomness: systemRandomness() };

export const assertOpens: HomeKeys['assertOpens'] = assertOpensHome;

export const encrypt: HomeKeys['encrypt'] = (paths, passphrase) => {
  makePrivateFolder(paths.home);
  using _lock = lockFolder(paths);
  encryptHome(paths, passphrase, needs);
};

export const change: HomeKeys['change'] = (paths, passphrases) => changePassphrase(paths, passphrases, needs);

export const layOpen: HomeKeys['layOpen'] = (paths, passphrase) => {
  using _lock = lockFolder(paths);
  layHomeOpen(paths, passphrase, needs);
};
