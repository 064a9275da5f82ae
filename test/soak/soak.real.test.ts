/** Needs root and network namespaces: two minutes of what `npm run soak` does for hours. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { growthText, soak } from './soak.ts';

test('jobs and nodes that come and go leave nothing behind in those that stay', async ({ signal }) => {
  const folder = mkdtempSync(join(tmpdir(), 'supervm-soak-'));
  const verdict = await soak({ hours: 0.03, nodes: 4, seed: 1, folder, signal, say: () => undefined });
  console.log([...verdict.growths].flatMap(([node, all]) => all.map((growth) => `${node} ${growthText(growth)}`)).join('\n'));
  expect(verdict.tooMuch, `samples and logs: ${folder}`).toEqual([]);
  expect(verdict.interrupted).toBe(false);
  expect(verdict.restarts).toBeGreaterThan(3);
  rmSync(folder, { recursive: true, force: true });
}, 480_000);
