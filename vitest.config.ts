import { defineConfig } from 'vitest/config';

/** Tests that own the machine (network namespaces, Blender, many processes): one at a time, as root. */
const wholeMachine = ['test/cluster/**/*.test.ts', 'test/**/*.real.test.ts'];

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
          fileParallelism: false,
          // After the unit tests, whose load would disturb them.
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
