import { defineConfig } from 'vitest/config';

/** Real clusters, browsers, databases: one file at a time, after all the quick ones. */
const heavy = ['test/**/*.cluster.test.ts', 'test/**/*.slow.test.ts', 'test/journey*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    passWithNoTests: false,
    // Taking the embedded cluster down.
    teardownTimeout: 120_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...heavy, '**/node_modules/**', '**/fixtures/**'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'cluster',
          include: heavy,
          pool: 'forks',
          globalSetup: ['test/global-setup.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
