/** Imports a user's module as it is now: Node keeps what it once loaded, and a job type that was mended must not need a new daemon. */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Digest } from '../../src/model/job.ts';

const versioned = /\?version=([0-9a-f]{64})$/;

let hooked = false;

/** `version`: the digest of all files of its folder; what the file imports by relative paths is loaded in the same version. */
export function freshImport(file: string, version: Digest): Promise<unknown> {
  if (!hooked) {
    hooked = true;
    registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        const parent = versioned.exec(context.parentURL ?? '')?.[1];
        const isOwn = parent !== undefined && specifier.startsWith('.') && found.url.startsWith('file:') && !found.url.includes('?');
        return isOwn ? { ...found, url: `${found.url}?version=${parent}` } : found;
      },
    });
  }
  return import(`${pathToFileURL(file).href}?version=${version}`);
}
