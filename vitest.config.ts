import { defineConfig } from 'vitest/config'

/** One project per need: `unit` needs nothing, the others start real servers of the lab. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/fake/**/*.test.ts',
            'test/proxy/**/*.test.ts',
            'test/property/**/*.test.ts',
            'lab/**/*.test.ts',
            'console/src/**/*.test.ts',
          ],
          exclude: ['**/*.real.test.ts', '**/*.fault.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'console',
          include: ['test/console/**/*.test.ts'],
          globalSetup: ['test/console/build.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/real/**/*.real.test.ts', 'src/**/*.real.test.ts', 'test/scenarios/**/*.test.ts'],
          globalSetup: ['test/support/shared-pair.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'fault',
          include: ['test/fault/**/*.fault.test.ts'],
          globalSetup: ['test/support/shared-pair.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
