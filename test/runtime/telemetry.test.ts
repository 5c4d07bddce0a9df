import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** What the functions write to their log, line by line. */
async function linesOf(script: string) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], {
    // Whatever somebody sets: whole events have keys, signatures and payloads in them.
    env: { ...process.env, POWERTOOLS_DEV: 'false', POWERTOOLS_LOGGER_LOG_EVENT: 'true' },
  });
  return {
    lines: stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    stderr,
  };
}

describe('telemetry', () => {
  it('writes one JSON line per unit of work and one for its figures, and no warning', async () => {
    const { lines, stderr } = await linesOf('test/fixtures/telemetry-run.ts');
    expect(stderr).toBe('');
    expect(lines).toHaveLength(3);
    const [unit, figures] = lines;
    expect(unit).toMatchObject({
      level: 'INFO',
      message: 'unit.done',
      service: 'test-api',
      stage: 'test',
      function_request_id: 'id',
      tenant: 'a',
      ms: 7,
      dropped: ['payload'],
    });
    expect(JSON.stringify(lines)).not.toContain('secret-word');
    expect(figures).toMatchObject({
      service: 'breakwater',
      stage: 'test',
      Requests: [1, 1],
      AttemptLatency: 12,
    });
    const [directive] = figures._aws.CloudWatchMetrics;
    expect([directive.Namespace, directive.Dimensions]).toEqual([
      'Breakwater',
      [['service', 'stage']],
    ]);
  });
});
