/** Names the physical machine, so that copies on it are counted once. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostId } from '../../src/model/job.ts';
import type { Randomness } from '../clock.ts';

export interface HostIdOptions {
  /** What the settings say; wins. */
  readonly given: string | undefined;
  /** Where an id is kept when the machine has none. */
  readonly homeFolder: string;
  readonly machineIdFile?: string;
}

/** The machine's own id is not to be shown around: only a digest of it leaves the machine. */
export async function findHostId(options: HostIdOptions, needs: { readonly randomness: Randomness }): Promise<HostId> {
  if (options.given !== undefined) return options.given;
  const machine = (await readLine(options.machineIdFile ?? '/etc/machine-id')) ?? '';
  // Images carry an empty file or the word `uninitialized` until the first boot.
  if (/^[0-9a-f]{32}$/.test(machine)) return createHash('sha256').update(`supervm host\n${machine}`).digest('hex').slice(0, 32);
  const file = join(options.homeFolder, 'host-id');
  const kept = await readLine(file);
  if (kept !== undefined && kept !== '') return kept;
  const drawn = needs.randomness.hex(16);
  await mkdir(options.homeFolder, { recursive: true, mode: 0o700 });
  await writeFile(file, `${drawn}\n`, { mode: 0o600 });
  return drawn;
}

async function readLine(file: string): Promise<string | undefined> {
  return (await readFile(file, 'utf8').catch(() => undefined))?.trim();
}
