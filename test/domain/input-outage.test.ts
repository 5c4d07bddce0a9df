import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import {
  parseBreakerDisabling,
  parseBreakerOrder,
  parseBreakerTrip,
} from '../../lib/domain/input/breaker-input.ts';
import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import { refusalOf, STRICT } from '../fakes/registry-world.ts';

const BASE = { name: 'erp', endpoint: 'https://erp.example.com/hooks' };
const parse = (more: object) => parseIntegrationInput({ ...BASE, ...more }, STRICT);
const refused = async (more: object) => (await refusalOf(() => parse(more))).fields;

/** Field, smallest and largest value allowed, and values just outside. */
const BREAKER_RANGES: readonly (readonly [string, number, number, readonly unknown[]])[] = [
  ['failureRateThreshold', 0.000001, 1, [0, -0.1, 1.01, 100, '0.5', null]],
  ['slowCallRateThreshold', 0.000001, 1, [0, 1.01]],
  ['slowCallSeconds', 0.05, 30, [0.049, 0, 30.1]],
  ['minimumCalls', 1, 1_000, [0, 1_001, 1.5]],
  ['windowSeconds', 10, 3_600, [0, 9, 3_601, 10.5]],
  ['consecutiveFailures', 1, 1_000, [0, 1_001]],
  ['halfOpenCalls', 1, 100, [0, -1, 101, 1.5]],
];

describe('a breaker', () => {
  it('has the defaults of the contract, whatever part of it is given', () => {
    expect(parse({}).breaker).toEqual({
      enabled: true,
      failureRateThreshold: 0.5,
      slowCallRateThreshold: 1,
      slowCallSeconds: 10,
      minimumCalls: 10,
      windowSeconds: 60,
      consecutiveFailures: 10,
      openSeconds: 30,
      maxOpenSeconds: 900,
      halfOpenCalls: 3,
      halfOpenVerdict: 'any-failure',
    });
    expect(parse({ breaker: {} }).breaker).toEqual(BREAKER_DEFAULTS);
    const breaker = { enabled: false, halfOpenVerdict: 'rate' };
    expect(parse({ breaker }).breaker).toEqual({ ...BREAKER_DEFAULTS, ...breaker });
  });

  it.each(BREAKER_RANGES)('takes %s from %d to %d', async (field, min, max, outside) => {
    for (const value of [min, max]) {
      expect(parse({ breaker: { [field]: value } }).breaker).toHaveProperty(field, value);
    }
    for (const value of outside) {
      const fields = await refused({ breaker: { [field]: value } });
      expect(Object.keys(fields)).toEqual([`breaker.${field}`]);
      const shown = typeof value === 'string' ? `"${value}"` : String(value);
      expect(fields[`breaker.${field}`]).toMatch(new RegExp(`^${shown} is not allowed: a `));
    }
  });

  it.each([
    [{ failureRateThreshold: 1.5 }, '1.5 is not allowed: a number above 0, up to 1'],
    [{ slowCallSeconds: 31 }, '31 is not allowed: a number of seconds from 0.05 to 30'],
    [
      { windowSeconds: 5 },
      '5 is not allowed: a whole number of seconds from 10 to 3600 (a bucket is a tenth of the window, and at least a second long)',
    ],
    [
      { halfOpenCalls: 0 },
      '0 is not allowed: a whole number from 1 to 100 (without a probe it would never close again)',
    ],
    [
      { openSeconds: 60, maxOpenSeconds: 30 },
      '30 is not allowed: a whole number of seconds from openSeconds, 60, to 86400',
    ],
    [
      { openSeconds: 1_000 },
      '900 is not allowed: a whole number of seconds from openSeconds, 1000, to 86400',
    ],
    [
      { maxOpenSeconds: 86_401 },
      '86401 is not allowed: a whole number of seconds from 1 to 86400 (no less than openSeconds)',
    ],
    [{ openSeconds: 0 }, '0 is not allowed: a whole number of seconds from 1 to 3600'],
    [{ openSeconds: 3_601 }, '3601 is not allowed: a whole number of seconds from 1 to 3600'],
    [{ enabled: 'yes' }, '"yes" is not allowed: true or false'],
    [{ halfOpenVerdict: 'all' }, '"all" is not allowed: one of any-failure, rate'],
    [{ threshold: 1 }, `is not a field here; allowed: ${Object.keys(BREAKER_DEFAULTS).join(', ')}`],
  ])('is refused as %j with value and range', async (breaker, message) => {
    expect(Object.values(await refused({ breaker }))).toEqual([message]);
  });

  it('may be open for as long at first as at most', () => {
    const breaker = { openSeconds: 3_600, maxOpenSeconds: 3_600 };
    expect(parse({ breaker }).breaker).toMatchObject(breaker);
  });

  it('is never taken with a value that the breaker cannot work with', () => {
    const any = fc.record(
      Object.fromEntries(
        Object.keys(BREAKER_DEFAULTS).map((field) => [
          field,
          fc.oneof(fc.double(), fc.integer({ min: -5, max: 100_000 }), fc.jsonValue()),
        ]),
      ),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(any, (breaker) => {
        let taken: ReturnType<typeof parse>['breaker'];
        try {
          taken = parse({ breaker }).breaker;
        } catch {
          return;
        }
        const { failureRateThreshold, slowCallRateThreshold, openSeconds, maxOpenSeconds } = taken;
        for (const rate of [failureRateThreshold, slowCallRateThreshold]) {
          expect(rate > 0 && rate <= 1).toBe(true);
        }
        expect(maxOpenSeconds).toBeGreaterThanOrEqual(openSeconds);
        expect(taken.halfOpenCalls).toBeGreaterThanOrEqual(1);
        expect(taken.windowSeconds / 10).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });
});

describe('limits', () => {
  it.each([
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ perSecond: 0.1 }, { perSecond: 0.1 }],
    [
      { perSecond: 10_000, concurrency: 200 },
      { perSecond: 10_000, concurrency: 200 },
    ],
    [{ concurrency: 1 }, { concurrency: 1 }],
  ])('given as %j are %j', (limits, expected) => {
    expect(parse({ limits }).limits).toEqual(expected);
  });

  it.each([
    [{ perSecond: 0 }, 'limits.perSecond', '0 is not allowed: a number from 0.1 to 10000'],
    [{ perSecond: 10_001 }, 'limits.perSecond', '10001 is not allowed: a number from 0.1 to 10000'],
    [{ perSecond: '5' }, 'limits.perSecond', '"5" is not allowed: a number from 0.1 to 10000'],
    [{ concurrency: 0 }, 'limits.concurrency', '0 is not allowed: a whole number from 1 to 200'],
    [
      { concurrency: 201 },
      'limits.concurrency',
      '201 is not allowed: a whole number from 1 to 200',
    ],
    [
      { concurrency: 1.5 },
      'limits.concurrency',
      '1.5 is not allowed: a whole number from 1 to 200',
    ],
    [{ burst: 5 }, 'limits.burst', 'is not a field here; allowed: perSecond, concurrency'],
    [5, 'limits', 'a number is not allowed: an object'],
  ])('are refused as %j at %s', async (limits, path, message) => {
    expect(await refused({ limits })).toEqual({ [path]: message });
  });
});

describe('a health check', () => {
  const url = 'https://erp.example.com/health';

  it('is none, unless there is one, and needs only its URL', () => {
    expect(parse({})).not.toHaveProperty('healthCheck');
    expect(parse({ healthCheck: null })).not.toHaveProperty('healthCheck');
    expect(parse({ healthCheck: { url } }).healthCheck).toEqual({
      url,
      method: 'GET',
      intervalSeconds: 60,
      timeoutSeconds: 10,
      expectStatus: ['2xx'],
    });
  });

  it.each([
    [{}, 'healthCheck.url'],
    [{ url: 7 }, 'healthCheck.url'],
    [{ url: 'http://erp.example.com/' }, 'healthCheck.url'],
    [{ url: 'https://169.254.169.254/' }, 'healthCheck.url'],
    [{ url: 'https://localhost/' }, 'healthCheck.url'],
    [{ url: 'https://api.breakwater.example.com/health/live' }, 'healthCheck.url'],
    [{ url, method: 'POST' }, 'healthCheck.method'],
    [{ url, intervalSeconds: 59 }, 'healthCheck.intervalSeconds'],
    [{ url, intervalSeconds: 3_601 }, 'healthCheck.intervalSeconds'],
    [{ url, timeoutSeconds: 0 }, 'healthCheck.timeoutSeconds'],
    [{ url, timeoutSeconds: 31 }, 'healthCheck.timeoutSeconds'],
    [{ url, expectStatus: [] }, 'healthCheck.expectStatus'],
    [{ url, expectStatus: '2xx' }, 'healthCheck.expectStatus'],
    [{ url, expectStatus: ['100'] }, 'healthCheck.expectStatus.0'],
    [{ url, expectStatus: ['2xx', 200] }, 'healthCheck.expectStatus.1'],
    [{ url, headers: {} }, 'healthCheck.headers'],
    ['https://erp.example.com/health', 'healthCheck'],
  ])('is refused as %j at %s alone', async (healthCheck, path) => {
    expect(Object.keys(await refused({ healthCheck }))).toEqual([path]);
  });
});

describe('an order to a breaker', () => {
  it.each([null, [], 'text'])('is no order where it is %j in place of an object', (body) => {
    for (const parse of [parseBreakerOrder, parseBreakerTrip, parseBreakerDisabling]) {
      expect(() => parse(body)).toThrow('allowed: a JSON object');
    }
  });

  it('may come without a body, and without a reason', () => {
    expect(parseBreakerOrder(undefined)).toEqual({ reason: undefined });
    expect(parseBreakerTrip({})).toEqual({ reason: undefined, forSeconds: undefined });
    expect(parseBreakerDisabling({})).toEqual({ reason: undefined, keepCounting: false });
  });

  it.each([
    [parseBreakerOrder, { reason: 'r'.repeat(501) }, 'reason'],
    [parseBreakerOrder, { reason: 'two\nlines' }, 'reason'],
    [parseBreakerOrder, { reason: null }, 'reason'],
    [parseBreakerOrder, { forSeconds: 5 }, 'forSeconds'],
    [parseBreakerTrip, { forSeconds: 0 }, 'forSeconds'],
    [parseBreakerTrip, { forSeconds: 86_401 }, 'forSeconds'],
    [parseBreakerTrip, { forSeconds: 1.5 }, 'forSeconds'],
    [parseBreakerDisabling, { keepCounting: 'no' }, 'keepCounting'],
    [parseBreakerOrder, [], ''],
  ])('is refused by %o for %j at %s', async (parser, body, path) => {
    expect(Object.keys((await refusalOf(() => parser(body))).fields)).toEqual([path]);
  });
});
