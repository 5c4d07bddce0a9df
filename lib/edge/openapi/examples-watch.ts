/** Examples of breakers, health and figures. */
import { BREAKER_DEFAULTS } from '../../domain/breaker.ts';

const AT = '2026-03-14T09:26:53.589Z';
const LATER = '2026-03-14T09:27:23.589Z';
const INT = 'int_01kkpx3s4h8m2n6q9r5t7v1w3x';
const REASON = 'The failure rate of 0.8 reached the threshold of 0.5.';

const WINDOW = { calls: 20, failures: 16, slow: 0, failureRate: 0.8, slowRate: 0 };
const FIGURES = {
  target: 'primary',
  state: 'open',
  since: AT,
  reason: REASON,
  openUntil: LATER,
  openCount: 1,
  window: WINDOW,
  totals: { calls: 20, failures: 16, rejected: 3, opened: 1 },
  version: 7,
};
const BUCKET = {
  at: '2026-03-14T09:00:00.000Z',
  delivered: 118,
  failed: 2,
  retried: 5,
  held: 0,
  latencyMs: { p50: 84, p95: 310 },
};
const SERIES = {
  bucket: 'hour',
  since: '2026-03-14T09:00:00.000Z',
  until: '2026-03-14T10:00:00.000Z',
  sampled: false,
  data: [BUCKET],
};
const OK = { status: 'ok', latencyMs: 4 };

export const WATCH_EXAMPLES = {
  BreakerWindow: WINDOW,
  Breaker: { integration: INT, ...FIGURES, config: BREAKER_DEFAULTS },
  BreakerItem: { integration: { id: INT, name: 'billing-erp' }, tenant: 'default', ...FIGURES },
  BreakerTransition: {
    ...{ at: AT, from: 'closed', to: 'open', reason: REASON, actor: 'breaker', window: WINDOW },
    openUntil: LATER,
  },
  IntegrationHealth: {
    status: 'down',
    reasons: [`Its breaker is open: ${REASON}`],
    breaker: { state: 'open', openUntil: LATER, reason: REASON },
    successRate: { m5: 0.2, h1: 0.91, h24: 0.99 },
    latencyMs: { p50: 84, p95: 310 },
    counts: { delivered: 2_810, failed: 3, waiting: 4, held: 12 },
    lastSuccessAt: AT,
    lastFailureAt: LATER,
    lastError: '503',
    lastProbeAt: null,
    sampled: false,
  },
  IntegrationStats: SERIES,
  Stats: { ...SERIES, integrations: { counted: 1, complete: true } },
  Liveness: { status: 'ok', version: '0.1.0' },
  Readiness: { status: 'ok', checks: { registry: OK, history: OK, queue: OK } },
};
