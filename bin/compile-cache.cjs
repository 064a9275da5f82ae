'use strict';
// Loaded before the program: lets Node keep compiled code between starts, below the user's own cache folder (the default, a folder
// in /tmp that everybody shares, would let others plant code). Not by NODE_COMPILE_CACHE, which every task would inherit.
const { enableCompileCache } = require('node:module');

const { SUPERVM_HOME, XDG_CACHE_HOME, HOME } = process.env;

function cacheFolder() {
  if (SUPERVM_HOME) return `${SUPERVM_HOME}/cache`;
  if (XDG_CACHE_HOME) return `${XDG_CACHE_HOME}/supervm`;
  return HOME ? `${HOME}/.cache/supervm` : undefined;
}

const folder = cacheFolder();
// Where the folder cannot be written Node goes on without.
if (folder !== undefined) enableCompileCache(`${folder}/compiled`);
