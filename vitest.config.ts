import { defineConfig } from 'vitest/config';

/** Tests with network namespaces, Blender, many processes: as root. They mostly wait, so three files at a time do not disturb each other. */
const wholeMachine = ['test/cluster/**/*.test.ts', 'test/**/*.real.test.ts'];

/** Those that measure times, or burn every core on purpose: one file at a time, with the machine to themselves. */
const alone = ['test/chaos/**/*.real.test.ts', 'test/soak/**/*.real.test.ts', 'test/cluster/detection.test.ts', 'test/cluster/promises.test.ts'];

/** Proofs that the simulation still bites: seconds each while they do, minutes when they must search. */
const proofs = ['test/simulation/planted-bugs.test.ts'];

export default defineConfig({
  test: {
    // By default one core is left idle: half of the machines people have.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...wholeMachine, ...proofs],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'proofs',
          include: proofs,
          testTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'machine',
          include: wholeMachine,
          exclude: alone,
          maxWorkers: 3,
          // After the unit tests, whose load would disturb them.
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'alone',
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
