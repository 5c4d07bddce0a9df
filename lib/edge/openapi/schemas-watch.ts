import { BREAKER_STATES } from '../../domain/breaker.ts';
import { HEALTH_STATUSES } from '../../domain/health.ts';
import { breakerSchema } from '../../domain/input/breaker-input.ts';
import { BUCKETS } from '../../domain/stats.ts';
import { outputOf } from './derived.ts';
import {
  COUNT,
  choice,
  FLAG,
  INSTANT,
  idOf,
  LATENCY,
  listOf,
  nullable,
  object,
  RATE,
  ref,
  type Schemas,
  text,
} from './schema.ts';

const STATE = choice(BREAKER_STATES);
const LATENCIES = object({ p50: LATENCY, p95: LATENCY });
const TARGET = text({ pattern: '^(primary|fallback:[1-9][0-9]*)$' });

const FIGURES: Schemas = {
  target: TARGET,
  state: STATE,
  since: INSTANT,
  reason: nullable(text()),
  openUntil: nullable(INSTANT),
  openCount: COUNT,
  window: ref('BreakerWindow'),
  totals: object({ calls: COUNT, failures: COUNT, rejected: COUNT, opened: COUNT }),
  version: COUNT,
};

const SERIES: Schemas = {
  bucket: choice(BUCKETS),
  since: INSTANT,
  until: INSTANT,
  sampled: FLAG,
  data: listOf(
    object({
      at: INSTANT,
      delivered: COUNT,
      failed: COUNT,
      retried: COUNT,
      held: COUNT,
      latencyMs: LATENCIES,
    }),
  ),
};

const CHECK = object({ status: choice(['ok', 'down']), latencyMs: { type: 'number' } });

/** Breakers, health and figures as they are answered. */
export const WATCH_SCHEMAS: Schemas = {
  BreakerWindow: object({
    calls: COUNT,
    failures: COUNT,
    slow: COUNT,
    failureRate: RATE,
    slowRate: RATE,
  }),
  Breaker: object({ integration: idOf('int'), ...FIGURES, config: outputOf(breakerSchema) }),
  BreakerItem: object({
    integration: object({ id: idOf('int'), name: text() }),
    tenant: text(),
    ...FIGURES,
  }),
  BreakerTransition: object(
    {
      at: INSTANT,
      from: STATE,
      to: STATE,
      reason: text(),
      actor: text({ description: 'The id of the key that moved it, or `breaker`.' }),
      window: nullable(ref('BreakerWindow')),
    },
    { openUntil: INSTANT },
  ),
  IntegrationHealth: object({
    status: choice(HEALTH_STATUSES),
    reasons: listOf(text()),
    breaker: object({ state: STATE, openUntil: nullable(INSTANT), reason: nullable(text()) }),
    successRate: object({ m5: RATE, h1: RATE, h24: RATE }),
    latencyMs: LATENCIES,
    counts: object({ delivered: COUNT, failed: COUNT, waiting: COUNT, held: COUNT }),
    lastSuccessAt: nullable(INSTANT),
    lastFailureAt: nullable(INSTANT),
    lastError: nullable(text()),
    lastProbeAt: nullable(INSTANT),
    sampled: FLAG,
  }),
  IntegrationStats: object(SERIES),
  Stats: object({ ...SERIES, integrations: object({ counted: COUNT, complete: FLAG }) }),
  Liveness: object({ status: choice(['ok']), version: text() }),
  Readiness: object({
    status: choice(['ok', 'down']),
    checks: object({ registry: CHECK, history: CHECK, queue: CHECK }),
  }),
};
