import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/** Real clusters, browsers, databases: three files at a time, for each mostly waits, after all the quick ones. */
const heavy = ['test/**/*.cluster.test.ts', 'test/**/*.slow.test.ts', 'test/journey*.test.ts'];
/** Processes and parts of a cluster die in them, in every variant: one file after the other (`npm run test:faults`). */
const faults = 'test/faults/*.fault.test.ts';
/** A whole Greenroom with a hostile change, minutes long (`npm run test:attacks`). */
const attacks = 'test/attacks/*.cluster.test.ts';

export default defineConfig({
  test: {
    maxWorkers: 3,
    passWithNoTests: false,
    sequence: { sequencer: LongestFirst },
    // Taking the embedded cluster down.
    teardownTimeout: 120_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...heavy, faults, '**/node_modules/**', '**/fixtures/**'],
          pool: 'forks',
          // Starting a process and loading everything anew took as long as the tests: no module keeps state of its own.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'cluster',
          include: heavy,
          exclude: [attacks],
          pool: 'forks',
          isolate: false,
          globalSetup: ['test/global-setup.ts', 'test/faults/global-setup.ts'],
          maxConcurrency: 3,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'faults',
          include: [faults],
          pool: 'forks',
          globalSetup: ['test/faults/global-setup.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 1_200_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'attacks',
          include: [attacks],
          pool: 'forks',
          globalSetup: ['test/global-setup.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 600_000,
          hookTimeout: 900_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
