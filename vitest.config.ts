import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Libraries load the CommonJS build of graphql; a second copy of it would refuse the first one's types.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    globalSetup: ['test/support/postgres.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts', 'seeds/**/*.test.ts'],
          exclude: ['test/{live,web,faults}/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Whole processes, browsers and deadlines: one file at a time, or they disturb each other's timing.
        extends: true,
        test: {
          name: 'whole',
          include: ['test/{live,web,faults}/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
