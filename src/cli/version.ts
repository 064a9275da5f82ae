import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../settings/program-files.ts';

/** Of supervm, as its package says. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { readonly version: string };
  return version;
}
