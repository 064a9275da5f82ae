/** The simulation still bites: it finds every one of the planted bugs, with the same checks that pass the shipped code. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { plant, plantedBugs } from './planted-bugs.ts';
import { runSeedsInProcesses } from './seeds.ts';

const loader = new URL('./plant.ts', import.meta.url).href;
const mostSeeds = 1000;

test.each(plantedBugs)('$name: found within a thousand seeds', { timeout: 180_000 }, async (bug) => {
  const find = (from: number, count: number, processes: number) =>
    runSeedsInProcesses({ from, count, firstOnly: true }, processes, { module: loader, argument: bug.name });
  const { failures } = await find(bug.seed, 1, 1);
  if (failures.length > 0) return;
  expect((await find(1, mostSeeds, 2)).failures).not.toEqual([]);
});

test('a bug whose line is gone cannot be planted', () => {
  const [bug] = plantedBugs;
  if (bug === undefined) throw new Error('there are no bugs');
  const source = readFileSync(new URL(`../../${bug.file}`, import.meta.url), 'utf8');
  expect(() => plant(plant(source, bug), bug)).toThrow('cannot be planted');
});

test('there are at least twenty, each in a line of its own', () => {
  expect(new Set(plantedBugs.map(({ file, line }) => `${file} ${line}`)).size).toBe(plantedBugs.length);
  expect(plantedBugs.length).toBeGreaterThanOrEqual(20);
});
