/** Puts one of the test's job types into a machine's home, as its user would. */
import { chmodSync, cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const source = join(import.meta.dirname, 'job-types');

/** Returns the folder, which is called `as`. */
export function installJobType(home: string, name: string, as = name): string {
  const parent = join(home, 'job-types');
  const folder = join(parent, as);
  mkdirSync(parent, { recursive: true, mode: 0o755 });
  cpSync(join(source, name), folder, { recursive: true });
  // Whatever the rights of the checkout are.
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
  return folder;
}
