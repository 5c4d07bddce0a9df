import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryState } from '../../lib/domain/delivery.ts';
import { checkCall, checkResult, currentCheck, isCheckDue } from '../../lib/domain/health-check.ts';
import { figuresOf, type Sample } from '../../lib/domain/health-figures.ts';
import { STRETCHES_MAX, stretches } from '../../lib/domain/health-sample.ts';

const NOW = Date.UTC(2027, 2, 1, 12);
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

type Kind = 'good' | 'bad' | 'failed' | 'new' | 'cancelled' | 'replayed';

function sample(kind: Kind, ageMs: number, change: Partial<Sample> = {}): Sample {
  const acceptedAtMs = NOW - ageMs;
  const atMs = acceptedAtMs + 100;
  const failure = { endedAtMs: atMs, latencyMs: 200, error: '503' };
  const again: DeliveryState = { status: 'waiting', nextAttemptAtMs: NOW, dueAtMs: NOW };
  const facts: Record<Kind, Pick<Sample, 'state' | 'lastAttempt'>> = {
    good: {
      state: { status: 'delivered', via: 'primary', completedAtMs: atMs },
      lastAttempt: { endedAtMs: atMs, latencyMs: 50, error: null },
    },
    bad: { state: again, lastAttempt: failure },
    failed: { state: { status: 'failed', completedAtMs: atMs }, lastAttempt: failure },
    new: { state: again },
    cancelled: { state: { status: 'cancelled', completedAtMs: atMs }, lastAttempt: failure },
    replayed: { state: { status: 'queued', nextAttemptAtMs: NOW, dueAtMs: NOW } },
  };
  return { acceptedAtMs, weight: 1, ...facts[kind], ...change };
}

const of = (...samples: readonly Sample[]) => figuresOf(samples, NOW);
const many = (count: number, kind: Kind, ageMs: number) =>
  Array.from({ length: count }, () => sample(kind, ageMs));

describe('figures', () => {
  it('are null without any outcome', () => {
    const { windows, latencyMs, lastError, lastFailureAtMs, lastSuccessAtMs } = of(
      sample('new', 1),
      sample('replayed', 1),
    );
    const none = { count: 0, rate: null };
    expect(windows).toEqual({ m5: none, h1: none, h24: none });
    expect(latencyMs).toEqual({ p50: null, p95: null });
    expect([lastError, lastFailureAtMs, lastSuccessAtMs]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('count by window of acceptance what had an attempt, and nothing cancelled', () => {
    const { windows, counts } = of(
      ...[sample('good', 0), sample('bad', 5 * MINUTE), sample('new', MINUTE)],
      ...[sample('cancelled', MINUTE), sample('failed', HOUR), sample('good', HOUR + 1)],
      ...[sample('good', DAY), sample('bad', DAY + 1), sample('good', DAY + 1)],
    );
    expect(windows.m5).toEqual({ count: 2, rate: 0.5 });
    expect(windows.h1).toEqual({ count: 3, rate: 0.3333 });
    expect(windows.h24).toEqual({ count: 5, rate: 0.6 });
    expect(counts).toEqual({ delivered: 3, failed: 1, waiting: 2 });
  });

  it('say 1 only if all arrived', () => {
    const samples = [...many(99_999, 'good', 1), sample('bad', 1)];
    expect(of(...samples).windows.h24.rate).toBe(0.9999);
    expect(of(...many(7, 'good', 1)).windows.h24.rate).toBe(1);
  });

  it('let a sample stand for as many as it does', () => {
    const { windows, counts } = of(
      sample('good', 1, { weight: 3 }),
      sample('failed', 2 * HOUR, { weight: 8 }),
      sample('bad', 2 * HOUR),
    );
    expect(windows.h24).toEqual({ count: 3, rate: 0.25 });
    expect(counts).toEqual({ delivered: 3, failed: 8, waiting: 1 });
  });

  it('show the newest ten outcomes by the end of their attempt', () => {
    const retried = sample('good', 20 * HOUR, {
      state: { status: 'delivered', via: 'primary', completedAtMs: NOW - 5 },
      lastAttempt: { endedAtMs: NOW - 5, latencyMs: 1, error: null },
    });
    const { newest } = of(...many(4, 'good', 2 * HOUR), ...many(9, 'bad', HOUR), retried);
    expect(newest).toEqual({ count: 10, delivered: 1, diverted: 0 });
    expect(of(...many(9, 'bad', DAY + 1)).newest).toEqual({ count: 0, delivered: 0, diverted: 0 });
  });

  it('say when something last went well or wrong, of whatever age', () => {
    const { lastSuccessAtMs, lastFailureAtMs, lastError } = of(
      sample('good', 3 * DAY),
      sample('good', 4 * DAY),
      sample('failed', 9 * DAY, { lastAttempt: { endedAtMs: 7, latencyMs: 1, error: 'dns' } }),
      sample('bad', 8 * DAY),
    );
    expect(lastSuccessAtMs).toBe(NOW - 3 * DAY + 100);
    expect([lastFailureAtMs, lastError]).toEqual([NOW - 8 * DAY + 100, '503']);
  });

  it('take latencies of the hour, and of the day only where there is none', () => {
    const at = (ageMs: number, latencyMs: number) =>
      sample('good', ageMs, { lastAttempt: { endedAtMs: NOW - ageMs, latencyMs, error: null } });
    const day = Array.from({ length: 100 }, (_, n) => at(2 * HOUR, n + 1));
    expect(of(...day).latencyMs).toEqual({ p50: 50, p95: 95 });
    expect(of(...day, at(HOUR, 7), at(1, 9)).latencyMs).toEqual({ p50: 7, p95: 9 });
  });
});

describe('stretches', () => {
  it('cover the day before what is known without gap or overlap, whatever is known', () => {
    const ages = fc.integer({ min: 0, max: DAY + HOUR });
    fc.assert(
      fc.property(ages, (knownMs) => {
        const all = stretches(NOW, NOW - knownMs);
        expect(all.length).toBeLessThanOrEqual(STRETCHES_MAX);
        let untilMs = NOW - knownMs;
        for (const stretch of all) {
          expect(stretch.untilMs).toBe(untilMs);
          expect(stretch.sinceMs).toBeLessThan(untilMs);
          untilMs = stretch.sinceMs;
        }
        expect(untilMs).toBe(Math.min(NOW - knownMs, NOW - DAY));
      }),
    );
  });

  it('are 35 at most, over all shards', () => {
    const all = stretches(NOW, NOW);
    expect(all).toHaveLength(35);
    expect(new Set(all.map(({ shard }) => shard)).size).toBe(8);
  });
});

describe('a check', () => {
  it.each([
    [0, 60, true],
    [NOW - 60_000, 60, true],
    [NOW - 55_000, 60, true],
    [NOW - 54_999, 60, false],
    [NOW - 60_000, 300, false],
  ])('claimed at %i, every %i s: due is %s', (claimedAtMs, intervalSeconds, due) => {
    expect(isCheckDue({ claimedAtMs, intervalSeconds }, NOW)).toBe(due);
  });

  it.each([
    [200, ['2xx'], true],
    [204, ['204'], true],
    [200, ['204'], false],
    [404, ['2xx'], false],
    [404, ['200', '4xx'], true],
    [503, ['2xx'], false],
  ])('that is answered %i where %j is expected is ok: %s', (statusCode, expectStatus, ok) => {
    const result = checkResult({ statusCode, error: null, latencyMs: 3 }, { expectStatus }, NOW);
    const error = ok ? null : 'http';
    expect(result).toEqual({ ok, atMs: NOW, statusCode, error, latencyMs: 3 });
  });

  it('that breaks off is not ok, whatever its status', () => {
    const answer = { statusCode: 200, error: 'reset', latencyMs: 3 };
    const result = checkResult(answer, { expectStatus: ['2xx'] }, NOW);
    expect([result.ok, result.error]).toEqual([false, 'reset']);
  });

  it('asks without body or credentials', () => {
    const check = {
      method: 'HEAD',
      url: 'https://erp.example.com/up?key=k',
      intervalSeconds: 60,
      timeoutSeconds: 4,
      expectStatus: ['2xx'],
    } as const;
    expect(checkCall(check, '1.2.3')).toEqual({
      url: check.url,
      method: 'HEAD',
      headers: { 'user-agent': 'Breakwater/1.2.3', accept: '*/*' },
      body: new Uint8Array(),
      timeoutMs: 4_000,
    });
  });

  it.each([
    [60, 600_000, true],
    [60, 600_001, false],
    [3_600, 3 * HOUR, true],
    [3_600, 3 * HOUR + 1, false],
  ])('every %i s, made %i ms ago, still says something: %s', (intervalSeconds, ageMs, says) => {
    const result = { ok: true, atMs: NOW - ageMs, statusCode: 200, error: null, latencyMs: 3 };
    const stored = { result, failuresInRow: 0 };
    expect(currentCheck(stored, { intervalSeconds }, NOW)).toEqual(
      says ? stored : { failuresInRow: 0 },
    );
    expect(currentCheck(undefined, { intervalSeconds }, NOW)).toEqual({ failuresInRow: 0 });
  });
});
