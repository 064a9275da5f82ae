'use strict';
// Loaded before the program: lets Node keep compiled code between starts, below the user's own cache folder (the default, a folder
// in /tmp that everybody shares, would let others plant code). Not by NODE_COMPILE_CACHE, which every task would inherit.
const { existsSync } = require('node:fs');
const { enableCompileCache } = require('node:module');

const { SUPERVM_HOME, XDG_CACHE_HOME, HOME } = process.env;

/** [a folder that must be there already, the cache below it]: looking at a status must not create a home. */
function place() {
  if (SUPERVM_HOME) return [SUPERVM_HOME, `${SUPERVM_HOME}/cache`];
  if (XDG_CACHE_HOME) return [XDG_CACHE_HOME, `${XDG_CACHE_HOME}/supervm`];
  return HOME ? [HOME, `${HOME}/.cache/supervm`] : undefined;
}

const [base, folder] = place() ?? [];
// Where the folder cannot be written Node goes on without.
if (base !== undefined && existsSync(base)) enableCompileCache(`${folder}/compiled`);
