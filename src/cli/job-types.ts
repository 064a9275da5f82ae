/** The manifests of all job types: each becomes a command. Read only when a command is not one of ours, or for help. */
import { readdirSync } from 'node:fs';
import type { Manifest } from '../plugin/manifest.ts';
import { pluginsFolder, programFile } from '../settings/program-files.ts';

export async function loadManifests(): Promise<readonly Manifest[]> {
  const names = readdirSync(pluginsFolder(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(names.map(loadManifest));
}

async function loadManifest(name: string): Promise<Manifest> {
  const { manifest } = (await import(programFile(`plugins/${name}/manifest.ts`))) as { readonly manifest: Manifest };
  return manifest;
}
