import { configDefaults, defineConfig } from 'vitest/config';

/** No module of these keeps what another test may not meet: they share imports and templates. */
const SHARING = ['test/{app,domain,edge,infra,policies,runtime}/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'sharing', include: SHARING, isolate: false } },
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...SHARING],
        },
      },
    ],
    globalSetup: ['test/require-node24.ts', 'test/assemblies.ts'],
    // Two more than CI has cores: the local runs of the e2e tests wait more than they work.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      POWERTOOLS_DEV: 'false',
    },
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts', 'functions/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        'lib/domain/**': { lines: 90, branches: 90 },
        'lib/app/**': { lines: 90, branches: 90 },
      },
    },
  },
});
