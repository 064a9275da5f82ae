/** Needs root, network namespaces, Perl and libfaketime: one seed of three minutes of what `npm run chaos` does for as long as one likes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { standard } from './faults/profile.ts';
import { run } from './run.ts';

/** Of some hundred requests one late one says nothing about one in ten thousand; it may be the machine that was busy. */
const profile = { ...standard, bounds: { ...standard.bounds, requestsInTime: 0.99 } };

test('three minutes of real faults break no promise', async ({ signal }) => {
  const folder = mkdtempSync(join(tmpdir(), 'supervm-chaos-'));
  const verdict = await run({ seed: 3, nodes: 3, minutes: 3, profile, folder, signal, say: () => undefined });
  console.log(verdict.figures.join('\n'));
  expect(verdict.violations, `history and logs: ${folder}`).toEqual([]);
  expect(verdict.interrupted).toBe(false);
  rmSync(folder, { recursive: true, force: true });
}, 420_000);
