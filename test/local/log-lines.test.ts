import { describe, expect, it } from 'vitest';
import { metricsOf, readableLine } from '../../lib/local/log-lines.ts';

const AT = new Date(2026, 10, 22, 17, 1, 2, 3).toISOString();
const NEXT = new Date(2026, 10, 22, 17, 1, 7, 0).toISOString();
const line = (entry: object) => JSON.stringify({ level: 'INFO', timestamp: AT, ...entry });
const attempt = (more: object) =>
  line({
    message: 'delivery.attempted',
    type: 'invoice.paid',
    integration: 'erp',
    attempt: 2,
    eventId: 'evt_1',
    latencyMs: 12,
    error: null,
    ...more,
  });

describe('a line at the terminal', () => {
  it.each([
    [
      attempt({ status: 'delivered', statusCode: 200, outcome: 'success' }),
      '17:01:02.003 ✓ invoice.paid → erp delivered: 200 in 12 ms (attempt 2, evt_1)',
    ],
    [
      attempt({ status: 'waiting', statusCode: 503, error: 'http', nextAttemptAt: NEXT }),
      '17:01:02.003 ✗ invoice.paid → erp waiting: 503 in 12 ms (attempt 2, evt_1), next at 17:01:07.000',
    ],
    [
      attempt({ status: 'failed', statusCode: null, error: 'timeout' }),
      '17:01:02.003 ✗ invoice.paid → erp failed: timeout in 12 ms (attempt 2, evt_1)',
    ],
    [
      attempt({ status: 'failed', statusCode: 200, error: 'body-too-large' }),
      '17:01:02.003 ✗ invoice.paid → erp failed: 200 body-too-large in 12 ms (attempt 2, evt_1)',
    ],
    [
      line({ message: 'event.accepted', type: 'a.b', targets: 1, eventId: 'evt_1' }),
      '17:01:02.003 + a.b accepted for 1 integration (evt_1)',
    ],
    [
      line({ level: 'WARN', message: 'doorbells.failed', failed: 3, found: 'by the next tick' }),
      '17:01:02.003 ! warn in deliver: doorbells.failed failed=3 found="by the next tick"',
    ],
    [
      line({
        level: 'ERROR',
        message: 'broke',
        error: { name: 'TypeError', message: 'no\u001b[2J' },
      }),
      '17:01:02.003 ! error in deliver: broke error="TypeError: no\\u001b[2J"',
    ],
    [line({ message: 'http.request', statusCode: 200 }), undefined],
    [line({ _aws: {} }), undefined],
    ['plain text', 'deliver: plain text'],
    ['{"half', 'deliver: {"half'],
  ])('%s', (written, shown) => {
    expect(readableLine('deliver', written)).toBe(shown);
  });
});

describe('the metrics of a line', () => {
  it('are summed by name', () => {
    const Metrics = [{ Name: 'Accepted' }, { Name: 'Latency' }];
    const embedded = { _aws: { CloudWatchMetrics: [{ Metrics }] }, Accepted: 2, Latency: [1, 5] };
    expect(metricsOf(JSON.stringify(embedded))).toEqual({ Accepted: 2, Latency: 6 });
  });

  it('are none in other lines', () => {
    expect(metricsOf(attempt({}))).toBeUndefined();
    expect(metricsOf('text')).toBeUndefined();
  });
});
