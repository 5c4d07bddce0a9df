import { describe, expect, it } from 'vitest';
import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { refusalOf, STRICT } from '../fakes/registry-world.ts';

const BASE = { name: 'erp', endpoint: 'https://erp.example.com/hooks' };
const parse = (more: object = {}) => parseIntegrationInput({ ...BASE, ...more }, STRICT);
const refused = async (more: object) => (await refusalOf(() => parse(more))).fields;

describe('a retry policy', () => {
  const retry = (given: object) => parse({ retry: given }).retry;

  it('plays a schedule once through unless it is given a number of attempts', () => {
    expect(retry({ schedule: [1, 2] })).toEqual({
      ...RETRY_DEFAULTS,
      maxAttempts: 3,
      timing: { kind: 'schedule', seconds: [1, 2] },
    });
    expect(retry({ schedule: [] }).maxAttempts).toBe(1);
    expect(retry({ schedule: [1], maxAttempts: 50 }).maxAttempts).toBe(50);
    expect(retry({ maxAttempts: 3 })).toEqual({ ...RETRY_DEFAULTS, maxAttempts: 3 });
    expect(retry({})).toEqual(RETRY_DEFAULTS);
  });

  it('may back off instead', () => {
    expect(retry({ backoff: {} })).toEqual({
      ...RETRY_DEFAULTS,
      timing: { kind: 'backoff', initialSeconds: 1, factor: 2, maxSeconds: 3_600 },
    });
    const backoff = { initialSeconds: 10, factor: 1, maxSeconds: 10 };
    expect(retry({ backoff, maxAttempts: 4 }).timing).toEqual({ kind: 'backoff', ...backoff });
  });

  it('takes the other fields as they are', () => {
    const given = {
      jitter: 0,
      retryOn: ['network', 'timeout', '3xx', '503', '599'],
      honourRetryAfter: false,
      maxAgeSeconds: 60,
    };
    expect(retry(given)).toEqual({ ...RETRY_DEFAULTS, ...given });
    expect(retry({ retryOn: [] }).retryOn).toEqual([]);
  });

  it.each([
    [{ maxAttempts: 51 }, 'retry.maxAttempts'],
    [{ schedule: [-1] }, 'retry.schedule.0'],
    [{ schedule: [604_801] }, 'retry.schedule.0'],
    [{ schedule: [1.5] }, 'retry.schedule.0'],
    [{ schedule: Array.from({ length: 50 }, () => 1) }, 'retry.schedule'],
    [{ schedule: [], maxAttempts: 2 }, 'retry.schedule'],
    [{ schedule: [1], backoff: {} }, 'retry.backoff'],
    [{ backoff: { factor: 0.5 } }, 'retry.backoff.factor'],
    [{ backoff: { initialSeconds: 0 } }, 'retry.backoff.initialSeconds'],
    [{ backoff: { initialSeconds: 10, maxSeconds: 5 } }, 'retry.backoff.maxSeconds'],
    [{ jitter: -0.1 }, 'retry.jitter'],
    [{ jitter: '0.1' }, 'retry.jitter'],
    [{ retryOn: ['200'] }, 'retry.retryOn.0'],
    [{ retryOn: ['600'] }, 'retry.retryOn.0'],
    [{ retryOn: ['2xx'] }, 'retry.retryOn.0'],
    [{ retryOn: [503] }, 'retry.retryOn.0'],
    [{ retryOn: Array.from({ length: 51 }, () => '503') }, 'retry.retryOn'],
    [{ honourRetryAfter: 'yes' }, 'retry.honourRetryAfter'],
    [{ maxAgeSeconds: 59 }, 'retry.maxAgeSeconds'],
    [{ maxAgeSeconds: 2_592_001 }, 'retry.maxAgeSeconds'],
  ])('is refused as %j at %s alone', async (given, path) => {
    expect(Object.keys(await refused({ retry: given }))).toEqual([path]);
  });
});
