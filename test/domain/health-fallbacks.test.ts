import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import { type HealthFacts, healthOf } from '../../lib/domain/health.ts';
import type { FallbackFacts } from '../../lib/domain/health-fallbacks.ts';
import type { HealthFigures } from '../../lib/domain/health-figures.ts';

const NOW = Date.UTC(2027, 2, 1, 12);
const UNTIL = '2027-03-01T12:01:00.000Z';
const REF = { tenant: 'default', integrationId: 'int_x', target: 0 } as const;
const ALL = { count: 50, rate: 1 };
const WELL: HealthFigures = {
  windows: { m5: ALL, h1: ALL, h24: ALL },
  newest: { count: 10, delivered: 10, diverted: 0 },
  latencyMs: { p50: 40, p95: 90 },
  counts: { delivered: 50, failed: 0, waiting: 0 },
  lastSuccessAtMs: NOW - 60_000,
  lastFailureAtMs: undefined,
  lastError: undefined,
};
const OPEN: Breaker = { ...newBreaker(REF), state: 'open', openUntilMs: NOW + 60_000 };
const [OPEN_SAYS, DIVERTED] = [
  `The breaker is open until ${UNTIL}.`,
  'Deliveries go to fallback:1 meanwhile.',
];

const fallback = (change: Partial<FallbackFacts> = {}): FallbackFacts => ({
  ...{ number: 1, sign: undefined, takesOver: true },
  ...change,
});
const shut = (change: Partial<Breaker>): FallbackFacts =>
  fallback({ sign: { ...newBreaker({ ...REF, target: 1 }), ...change }, takesOver: false });

const failing: HealthFacts['check'] = {
  result: { ok: false, atMs: NOW - 1, statusCode: 503, error: 'http', latencyMs: 5 },
  failuresInRow: 1,
};

const CASES: readonly (readonly [string, Partial<HealthFacts>, string, readonly string[]])[] = [
  ['a fallback that nothing needs', { fallbacks: [fallback()] }, 'healthy', []],
  [
    'what its open breaker keeps off arrives elsewhere',
    { breaker: OPEN, fallbacks: [fallback()] },
    'degraded',
    [OPEN_SAYS, DIVERTED],
  ],
  [
    'the first that takes it is named',
    {
      breaker: OPEN,
      fallbacks: [
        fallback({ takesOver: false }),
        fallback({ number: 2, integration: 'ops' }),
        fallback({ number: 3 }),
      ],
    },
    'degraded',
    [OPEN_SAYS, 'Deliveries go to fallback:2 (integration ops) meanwhile.'],
  ],
  [
    'none takes it',
    { breaker: OPEN, fallbacks: [fallback({ takesOver: false })] },
    'down',
    [OPEN_SAYS],
  ],
  [
    'what is diverted does not arrive there either',
    {
      breaker: OPEN,
      fallbacks: [fallback()],
      figures: { ...WELL, windows: { ...WELL.windows, m5: { count: 3, rate: 0 } } },
    },
    'down',
    ['Nothing accepted in the last 5 minutes was delivered.', OPEN_SAYS, DIVERTED],
  ],
  [
    'its health check says what the breaker does',
    { breaker: OPEN, fallbacks: [fallback()], check: failing },
    'degraded',
    [OPEN_SAYS, DIVERTED, 'The health check failed: status 503.'],
  ],
  [
    'it is being probed',
    { breaker: { ...OPEN, state: 'half-open' }, fallbacks: [fallback()] },
    'degraded',
    ['The breaker is half-open.', DIVERTED],
  ],
  [
    'its breaker is switched off',
    {
      breaker: OPEN,
      fallbacks: [fallback()],
      integration: {
        ...{ status: 'active', disabledReason: null },
        breaker: { ...BREAKER_DEFAULTS, enabled: false },
      },
    },
    'healthy',
    [],
  ],
  [
    'a fallback took what it refused',
    { figures: { ...WELL, newest: { count: 10, delivered: 10, diverted: 4 } } },
    'degraded',
    ['A fallback took 4 of the last 10 deliveries attempted.'],
  ],
  [
    'a fallback’s breaker is open',
    { fallbacks: [shut({ state: 'open', openUntilMs: NOW + 60_000 })] },
    'degraded',
    [`The breaker of fallback:1 is open until ${UNTIL}.`],
  ],
  [
    'a fallback’s breaker waits for a probe',
    { fallbacks: [shut({ state: 'open', openUntilMs: NOW })] },
    'degraded',
    ['The breaker of fallback:1 is open and waits for a probe.'],
  ],
  [
    'the breaker of an integration that is a fallback was tripped',
    { fallbacks: [{ ...shut({ state: 'forced-open' }), number: 2, integration: 'ops' }] },
    'degraded',
    ['The breaker of fallback:2 (integration ops) is forced open until it is reset.'],
  ],
  [
    'a fallback’s breaker is half-open',
    { fallbacks: [shut({ state: 'half-open' })] },
    'degraded',
    ['The breaker of fallback:1 is half-open.'],
  ],
  [
    'a fallback’s breaker watches, or is switched off',
    { fallbacks: [shut({ suspectSinceMs: NOW }), shut({ state: 'disabled' })] },
    'healthy',
    [],
  ],
];

describe('health with a fallback chain', () => {
  it.each(CASES)('when %s', (_, change, status, reasons) => {
    const facts: HealthFacts = {
      integration: { status: 'active', disabledReason: null, breaker: BREAKER_DEFAULTS },
      ...{ breaker: newBreaker(REF), fallbacks: [], check: undefined, figures: WELL },
      ...{ held: 0, nowMs: NOW, ...change },
    };
    expect(healthOf(facts)).toEqual({ status, reasons });
  });
});
