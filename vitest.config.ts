import { defineConfig } from 'vitest/config';

/** Tests that own the machine (network namespaces, Blender, many processes): one at a time, as root. */
const wholeMachine = ['test/cluster/**/*.test.ts', 'test/**/*.real.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: wholeMachine,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'machine',
          include: wholeMachine,
          fileParallelism: false,
          // After the unit tests, whose load would disturb them.
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
