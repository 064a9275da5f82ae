import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Trees } from '../../../daemon/worker/task-needs.ts';
import { Workspace } from '../../../daemon/worker/workspace.ts';

test('a workspace that the disk will not let go of is left where it is, and the daemon goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'svm-workspace-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const writeOut = async (): Promise<void> => {};
  // Nothing can be removed below a file, whoever tries.
  const workspace = new Workspace({ folder: join(file, 'job'), tree: 'ab'.repeat(32) }, { trees: { writeOut } as unknown as Trees });
  await expect(workspace.remove()).resolves.toBeUndefined();
  await expect(workspace.inputs([])).rejects.toThrow('the job has ended');
});
