import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepAdminKey, keepPapers, openClusterHome, writeAdmission } from '../../daemon/cluster-home.ts';
import { plainKeyFiles, sealedKeyFiles } from '../../daemon/keys/key-files.ts';
import { createClusterKeyText } from '../../daemon/network/cluster-key.ts';
import { createAdminKey } from '../../daemon/network/papers/admin-key.ts';
import { systemRandomness } from '../../daemon/system-clock.ts';
import { type Paths, pathsOf } from '../../src/settings/paths.ts';

let paths: Paths;
beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'svm-home-'));
  paths = pathsOf({ home, stateHome: undefined, configHome: undefined, userFolder: home, userId: 0 });
});
afterEach(() => rmSync(paths.home, { recursive: true, force: true }));

describe.each([
  ['in plain', plainKeyFiles, /^(supervm-(cluster|admin)-key-|\{)/],
  ['encrypted', sealedKeyFiles(Buffer.alloc(32, 7), { randomness: systemRandomness() }), /^supervm-sealed-1 /],
] as const)('a home %s', (_, keys, written) => {
  const open = (given?: string) => openClusterHome({ ...paths, keys }, { given, self: 'node', now: 1 });
  const keyFiles = (): readonly string[] => [paths.clusterKey, paths.adminKey, paths.membership].filter((file) => existsSync(file));

  test('is founded once, and opens with what was kept since', () => {
    const first = open();
    expect(first.founded).toBe(true);
    const other = createAdminKey();
    keepAdminKey({ ...paths, keys }, other);
    keepPapers({ ...paths, keys }, { ...first.papers, admins: [] });
    expect(keyFiles()).toHaveLength(3);
    for (const file of keyFiles()) expect(readFileSync(file, 'utf8')).toMatch(written);
    expect(open()).toMatchObject({ founded: false, key: { clusterId: first.key.clusterId }, adminKey: { id: other.id }, papers: { admins: [] } });
  });

  test('takes a key file, and is let into another cluster', () => {
    const file = join(paths.home, 'given');
    writeFileSync(file, createClusterKeyText());
    const fleet = open(file);
    expect(open().key.clusterId).toBe(fleet.key.clusterId);
    rmSync(paths.clusterKey);
    const { key, papers } = open();
    writeAdmission({ ...paths, keys }, { key, adminKey: undefined, papers });
    expect(open()).toMatchObject({ founded: false, key: { clusterId: key.clusterId }, adminKey: undefined });
    for (const kept of keyFiles()) expect(readFileSync(kept, 'utf8')).toMatch(written);
  });
});
