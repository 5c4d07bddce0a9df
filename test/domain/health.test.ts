import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import { type CheckFacts, type HealthFacts, healthOf } from '../../lib/domain/health.ts';
import type { HealthFigures, Outcomes } from '../../lib/domain/health-figures.ts';

const NOW = Date.UTC(2027, 2, 1, 12);
const MINUTE = 60_000;
const ref = { tenant: 'default', integrationId: 'int_x', target: 0 } as const;

const some = (count: number, rate: number | null): Outcomes => ({ count, rate });
const NONE = some(0, null);

function figures(change: Partial<HealthFigures> = {}): HealthFigures {
  return {
    windows: { m5: NONE, h1: NONE, h24: NONE },
    newest: { count: 0, delivered: 0, diverted: 0 },
    latencyMs: { p50: null, p95: null },
    counts: { delivered: 0, failed: 0, waiting: 0 },
    lastSuccessAtMs: undefined,
    lastFailureAtMs: undefined,
    lastError: undefined,
    ...change,
  };
}

const WELL = figures({
  windows: { m5: some(4, 1), h1: some(50, 1), h24: some(900, 1) },
  newest: { count: 10, delivered: 10, diverted: 0 },
  latencyMs: { p50: 40, p95: 90 },
  lastSuccessAtMs: NOW - MINUTE,
});

const rates = (m5: Outcomes, h1: Outcomes, h24: Outcomes) => ({ windows: { m5, h1, h24 } });

function breaker(change: Partial<Breaker>, reason = '10 calls in a row failed.'): Breaker {
  const made = newBreaker(ref);
  const window = { calls: 0, failures: 0, slow: 0, failureRate: null, slowRate: null };
  const last = { from: 'closed', to: 'open', atMs: NOW, reason, actor: 'breaker', window } as const;
  return { ...made, last: { ...last, version: 1 }, ...change };
}

function check(ok: boolean, atMs = NOW - 1_000, failuresInRow = ok ? 0 : 1): CheckFacts {
  const [statusCode, error] = ok ? [200, null] : [503, 'http'];
  return { result: { ok, atMs, statusCode, error, latencyMs: 5 }, failuresInRow };
}

function health(change: Partial<HealthFacts> = {}) {
  return healthOf({
    integration: { status: 'active', disabledReason: null, breaker: BREAKER_DEFAULTS },
    breaker: newBreaker(ref),
    fallbacks: [],
    check: undefined,
    figures: figures(),
    held: 0,
    nowMs: NOW,
    ...change,
  });
}

const of = (status: 'paused' | 'disabled', disabledReason: string | null = null) => ({
  integration: { status, disabledReason, breaker: BREAKER_DEFAULTS },
});

const CASES: readonly (readonly [string, Partial<HealthFacts>, string, readonly string[]])[] = [
  ['all is well', { figures: WELL }, 'healthy', []],
  [
    'it is paused, whatever else',
    { ...of('paused'), figures: WELL, breaker: breaker({ state: 'open' }) },
    'paused',
    ['The integration is paused.'],
  ],
  [
    'it is disabled, and why',
    of('disabled', 'The endpoint answered 410.'),
    'paused',
    ['The integration is disabled: The endpoint answered 410.'],
  ],
  ['it is disabled for no reason', of('disabled'), 'paused', ['The integration is disabled.']],
  [
    'its breaker is open',
    { figures: WELL, breaker: breaker({ state: 'open', openUntilMs: NOW + MINUTE }) },
    'down',
    ['The breaker is open until 2027-03-01T12:01:00.000Z: 10 calls in a row failed.'],
  ],
  [
    'its breaker is open and due',
    { figures: WELL, breaker: breaker({ state: 'open', openUntilMs: NOW }) },
    'down',
    ['The breaker is open and waits for a probe: 10 calls in a row failed.'],
  ],
  [
    'its breaker is forced open',
    { figures: WELL, breaker: breaker({ state: 'forced-open' }, 'Maintenance.') },
    'down',
    ['The breaker is forced open until it is reset: Maintenance.'],
  ],
  [
    'nothing of five minutes arrived',
    { figures: figures(rates(some(3, 0), some(90, 0.96), some(900, 0.99))) },
    'down',
    ['Nothing accepted in the last 5 minutes was delivered.'],
  ],
  [
    'some of five minutes arrived, though nothing before did',
    {
      figures: figures({
        ...rates(some(3, 1), some(3, 1), some(30, 0.1)),
        newest: { count: 10, delivered: 0, diverted: 0 },
      }),
    },
    'healthy',
    [],
  ],
  [
    'none of the last few arrived, long ago',
    {
      figures: figures({
        ...rates(NONE, NONE, some(3, 0)),
        newest: { count: 3, delivered: 0, diverted: 0 },
      }),
    },
    'down',
    ['None of the last 3 deliveries attempted was delivered.'],
  ],
  [
    'none of the last few arrived, but asked since it said it is well',
    {
      figures: figures({
        ...rates(NONE, NONE, some(3, 0)),
        newest: { count: 3, delivered: 0, diverted: 0 },
        lastFailureAtMs: NOW - 2_000,
      }),
      check: check(true),
    },
    'degraded',
    ['0 % of what was accepted in the last 24 hours was delivered.'],
  ],
  [
    'none of the last few arrived since it was asked',
    {
      figures: figures({
        ...rates(NONE, NONE, some(3, 0)),
        newest: { count: 3, delivered: 0, diverted: 0 },
        lastFailureAtMs: NOW - 1_000,
      }),
      check: check(true, NOW - 1_000),
    },
    'down',
    ['None of the last 3 deliveries attempted was delivered.'],
  ],
  [
    'two failures are no trend',
    { figures: figures({ ...rates(some(2, 0), some(2, 0), some(2, 0)) }) },
    'degraded',
    ['0 % of what was accepted in the last 24 hours was delivered.'],
  ],
  [
    'its health check failed, and nothing arrived since',
    { figures: WELL, check: check(false, NOW - 1_000, 3) },
    'down',
    ['The health check failed 3 times in a row: status 503.'],
  ],
  [
    'its health check failed, and something arrived since',
    { figures: WELL, check: check(false, NOW - 2 * MINUTE) },
    'degraded',
    ['The health check failed: status 503.'],
  ],
  [
    'its health check was not answered',
    {
      check: {
        result: { ok: false, atMs: NOW, statusCode: null, error: 'timeout', latencyMs: 9 },
        failuresInRow: 1,
      },
    },
    'down',
    ['The health check failed: timeout.'],
  ],
  [
    'its breaker is half-open',
    { figures: WELL, breaker: breaker({ state: 'half-open' }, 'Its open period is over.') },
    'degraded',
    ['The breaker is half-open: Its open period is over.'],
  ],
  [
    'its breaker watches',
    { figures: WELL, breaker: breaker({ suspectSinceMs: NOW }) },
    'degraded',
    ['Calls have been failing since 2027-03-01T12:00:00.000Z; the breaker watches.'],
  ],
  [
    'its breaker is switched off in the configuration',
    {
      integration: {
        status: 'active',
        disabledReason: null,
        breaker: { ...BREAKER_DEFAULTS, enabled: false },
      },
      figures: WELL,
      breaker: breaker({ state: 'open' }),
    },
    'healthy',
    [],
  ],
  [
    'its breaker is disabled',
    { figures: WELL, breaker: breaker({ state: 'disabled' }) },
    'healthy',
    [],
  ],
  ['95 % arrived', { figures: figures(rates(NONE, NONE, some(20, 0.95))) }, 'healthy', []],
  [
    'less than 95 % arrived',
    { figures: figures(rates(some(2, 1), some(20, 0.9412), some(99, 1))) },
    'degraded',
    ['94.1 % of what was accepted in the last hour was delivered.'],
  ],
  [
    'slow answers',
    { figures: { ...WELL, latencyMs: { p50: 1, p95: 10_001 } } },
    'degraded',
    ['One in twenty attempts takes 10001 ms or more; 10 s is slow.'],
  ],
  [
    'answers just not slow',
    { figures: { ...WELL, latencyMs: { p50: 1, p95: 10_000 } } },
    'healthy',
    [],
  ],
  [
    'it asked for a pause',
    { figures: WELL, breaker: breaker({ notBeforeMs: NOW + 1 }) },
    'degraded',
    ['It asked for a pause until 2027-03-01T12:00:00.001Z.'],
  ],
  ['the pause is over', { figures: WELL, breaker: breaker({ notBeforeMs: NOW }) }, 'healthy', []],
  ['one is held', { figures: WELL, held: 1 }, 'degraded', ['One delivery is held.']],
  ['some are held', { held: 12 }, 'degraded', ['12 deliveries are held.']],
  [
    'nothing is known',
    {},
    'unknown',
    ['Nothing was attempted for 24 hours, and there is no health check.'],
  ],
  [
    'nothing is known yet',
    { check: { failuresInRow: 0 } },
    'unknown',
    ['Nothing was attempted for 24 hours, and no health check was made yet.'],
  ],
  ['nothing was sent, and asked it is well', { check: check(true) }, 'healthy', []],
  [
    'several things at once, the worst first',
    {
      figures: { ...WELL, latencyMs: { p50: 1, p95: 20_000 } },
      breaker: breaker({ state: 'open', openUntilMs: NOW + MINUTE }),
      held: 2,
    },
    'down',
    [
      'The breaker is open until 2027-03-01T12:01:00.000Z: 10 calls in a row failed.',
      'One in twenty attempts takes 20000 ms or more; 10 s is slow.',
      '2 deliveries are held.',
    ],
  ],
];

describe('the health of an integration', () => {
  it.each(CASES)('when %s', (_, facts, status, reasons) => {
    expect(health(facts)).toEqual({ status, reasons });
  });
});
