import { defineConfig } from 'vitest/config';

/** Tests with network namespaces, Blender, many processes: as root. They mostly wait, so three files at a time do not disturb each other. */
const wholeMachine = ['test/cluster/**/*.test.ts', 'test/**/*.real.test.ts'];

/** Those that measure times, or burn every core on purpose: one file at a time, with the machine to themselves. */
const alone = ['test/chaos/**/*.real.test.ts', 'test/soak/**/*.real.test.ts', 'test/cluster/detection.test.ts', 'test/cluster/promises.test.ts'];

/** Those that start processes, open sockets, damage real databases or wait for real clocks: no part of `npm run check`. */
const realParts = [
  'test/daemon/network/back-again.test.ts',
  'test/daemon/network/last-words.test.ts',
  'test/daemon/network/libp2p-network.test.ts',
  'test/daemon/network/slow-peer.test.ts',
  'test/daemon/network/window-updates.test.ts',
  'test/daemon/records/damage.test.ts',
  'test/daemon/records/sqlite-store.test.ts',
  'test/daemon/worker/adoption.test.ts',
  'test/daemon/worker/launcher-client.test.ts',
  'test/daemon/worker/launcher/limited-session.test.ts',
  'test/daemon/worker/session-runner.test.ts',
  'test/daemon/worker/stopped-launcher.test.ts',
  'test/src/cli/stopping.test.ts',
  'test/src/cli/waiting.test.ts',
];

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
          exclude: [...wholeMachine, ...realParts, ...proofs],
          // Most take milliseconds; a process of its own for each file would take longer than all of them.
          isolate: false,
          maxWorkers: 4,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'real-parts',
          include: realParts,
          maxWorkers: 4,
          testTimeout: 20_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'proofs',
          include: proofs,
          testTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'machine',
          include: wholeMachine,
          exclude: alone,
          maxWorkers: 3,
          // After the others, whose load would disturb them.
          sequence: { groupOrder: 3 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'alone',
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
