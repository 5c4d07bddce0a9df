import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('counts a failure as one of all, and by its reason under a dimension of its own', async () => {
  const script = 'test/fixtures/telemetry-reasons.ts';
  const env = { ...process.env, POWERTOOLS_DEV: 'false' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { env });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const seen = lines.map(({ _aws, reason, AuthFailures, stage, service }) => ({
    dimensions: [..._aws.CloudWatchMetrics[0].Dimensions[0]].sort(),
    ...{ reason, AuthFailures, stage, service },
  }));
  const common = { stage: 'test', service: 'breakwater' };
  expect(stderr).toBe('');
  expect(seen).toHaveLength(3);
  for (const reason of ['unknown', 'locked']) {
    const dimensions = ['reason', 'service', 'stage'];
    expect(seen).toContainEqual({ ...common, dimensions, reason, AuthFailures: 1 });
  }
  const dimensions = ['service', 'stage'];
  expect(seen).toContainEqual({ ...common, dimensions, reason: undefined, AuthFailures: [1, 1] });
});
