import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RequestError, STATUS_OF } from '../../lib/domain/errors.ts';
import {
  BUCKETS,
  type Bucket,
  frameOf,
  type StatsAsked,
  type StatsSample,
  seriesOf,
} from '../../lib/domain/stats.ts';

const NOW = Date.UTC(2027, 2, 1, 12, 34, 56, 789);
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** The most a request may span, and one more where it begins within one. */
const BUCKETS_MAX = 1_441;
const SIZES = { minute: MINUTE, hour: HOUR, day: DAY } as const;
const RULE = { nowMs: NOW, retentionDays: 30 };
const at = (text: string) => Date.parse(`2027-${text}Z`);
const frame = (bucket: Bucket, more: Omit<StatsAsked, 'bucket'> = {}, rule = RULE) => {
  const { sinceMs, untilMs } = frameOf({ bucket, ...more }, rule);
  return [sinceMs, untilMs].map((ms) => new Date(ms).toISOString().slice(5, 16));
};
const refusal = (bucket: Bucket, more: Omit<StatsAsked, 'bucket'>, rule = RULE) => {
  try {
    return frame(bucket, more, rule);
  } catch (error) {
    const { code, fields } = error as RequestError;
    return [STATUS_OF[code], ...fields.map(({ path }) => path)];
  }
};

describe('the range of a series', () => {
  it.each([
    ['minute', '03-01T11:35', '03-01T12:35'],
    ['hour', '02-28T13:00', '03-01T13:00'],
    ['day', '01-31T00:00', '03-02T00:00'],
  ] as const)('by %s is from %s to %s unless told', (bucket, since, until) => {
    expect(frame(bucket)).toEqual([since, until]);
  });

  it('is of whole buckets, and of none that lie ahead', () => {
    const sinceMs = at('02-28T10:20:30');
    expect(frame('hour', { sinceMs })).toEqual(['02-28T10:00', '03-01T13:00']);
    const untilMs = at('02-28T11:00:00');
    expect(frame('hour', { sinceMs, untilMs })).toEqual(['02-28T10:00', '02-28T11:00']);
    expect(frame('day', { sinceMs, untilMs })).toEqual(['02-28T00:00', '03-01T00:00']);
    const ahead = { sinceMs: NOW - 1, untilMs: NOW + DAY };
    expect(frame('minute', ahead)).toEqual(['03-01T12:34', '03-01T12:35']);
  });

  it('ends where told, and begins no earlier than deliveries are kept', () => {
    const untilMs = at('02-01T00:00:00');
    expect(frame('hour', { untilMs })).toEqual(['01-31T00:00', '02-01T00:00']);
    expect(frame('day', { untilMs })).toEqual(['01-30T00:00', '02-01T00:00']);
    const short = { nowMs: NOW, retentionDays: 1 };
    expect(frame('day', {}, short)).toEqual(['02-28T00:00', '03-02T00:00']);
  });

  it.each([
    ['minute', { sinceMs: NOW - DAY - 1 }, 'since'],
    ['hour', { sinceMs: NOW - 31 * DAY }, 'since'],
    ['day', { sinceMs: NOW }, 'since'],
    ['minute', { sinceMs: NOW + DAY }, 'since'],
    ['minute', { sinceMs: NOW - HOUR, untilMs: NOW - HOUR }, 'until'],
    ['hour', { untilMs: NOW - 31 * DAY }, 'until'],
  ] as const)('by %s, %j is refused for its %s', (bucket, asked, path) => {
    expect(refusal(bucket, asked)).toEqual([422, path]);
  });

  it.each([
    ['minute', DAY, 365],
    ['hour', 60 * DAY, 365],
    ['day', 400 * DAY, 3_650],
  ] as const)('by %s spans no more than %i ms', (bucket, spanMs, retentionDays) => {
    const rule = { nowMs: NOW, retentionDays };
    const { sinceMs, untilMs } = frameOf({ bucket, sinceMs: NOW - spanMs }, rule);
    expect((untilMs - sinceMs) / SIZES[bucket]).toBe(spanMs / SIZES[bucket] + 1);
    expect(refusal(bucket, { sinceMs: NOW - spanMs - 1 }, rule)).toEqual([422, 'since']);
  });
});

type Status = 'delivered' | 'failed' | 'held' | 'cancelled';

function sample(status: Status, acceptedAtMs: number, more: Partial<StatsSample> = {}) {
  const states = {
    delivered: { status: 'delivered', via: 'primary', completedAtMs: acceptedAtMs + 5 },
    failed: { status: 'failed', completedAtMs: acceptedAtMs + 5 },
    held: { status: 'held', heldBy: 'breaker' },
    cancelled: { status: 'cancelled', completedAtMs: acceptedAtMs + 5 },
  } as const satisfies Record<Status, StatsSample['state']>;
  return { acceptedAtMs, state: states[status], attemptCount: 1, weight: 1, ...more };
}
const took = (latencyMs: number) => ({ lastAttempt: { endedAtMs: NOW, latencyMs, error: null } });

describe('a series', () => {
  const hours = frameOf({ bucket: 'hour', sinceMs: NOW - 2 * HOUR }, RULE);
  const start = hours.sinceMs;

  it('counts by acceptance what has become of deliveries, and retried ones besides', () => {
    const series = seriesOf(
      [
        sample('delivered', start - 1),
        sample('delivered', start, took(30)),
        sample('delivered', start + HOUR - 1, { attemptCount: 3, ...took(10) }),
        sample('failed', start + HOUR, { attemptCount: 2, ...took(900) }),
        sample('held', start + HOUR, { attemptCount: 0 }),
        sample('cancelled', start + HOUR),
        sample('held', start + 3 * HOUR),
      ],
      hours,
    );
    const none = { p50: null, p95: null };
    expect(series).toEqual([
      {
        ...{ atMs: start, delivered: 2, failed: 0, retried: 1, held: 0 },
        latencyMs: { p50: 10, p95: 30 },
      },
      {
        ...{ atMs: start + HOUR, delivered: 0, failed: 1, retried: 1, held: 1 },
        latencyMs: { p50: 900, p95: 900 },
      },
      {
        ...{ atMs: start + 2 * HOUR, delivered: 0, failed: 0, retried: 0, held: 0 },
        latencyMs: none,
      },
    ]);
  });

  it('weighs latencies too', () => {
    const rows = [
      sample('delivered', start, took(5)),
      sample('failed', start, { weight: 8, ...took(70) }),
    ];
    expect(seriesOf(rows, hours)[0]?.latencyMs).toEqual({ p50: 70, p95: 70 });
  });

  const frames = fc
    .record({
      bucket: fc.constantFrom(...BUCKETS),
      nowMs: fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) }),
      retentionDays: fc.integer({ min: 1, max: 3_650 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      hasSince: fc.boolean(),
    })
    .map(({ bucket, nowMs, retentionDays, share, hasSince }) => {
      const max = { minute: 1_440, hour: 1_440, day: 400 }[bucket] * SIZES[bucket];
      const spanMs = Math.ceil(share * Math.min(max, retentionDays * DAY));
      const asked = hasSince ? { sinceMs: nowMs - Math.max(1, spanMs) } : {};
      return frameOf({ bucket, ...asked }, { nowMs, retentionDays });
    });

  it('is contiguous, aligned to UTC, and of a bounded length', () => {
    fc.assert(
      fc.property(frames, (given) => {
        const size = SIZES[given.bucket];
        const series = seriesOf([], given);
        expect(series.length).toBeGreaterThan(0);
        expect(series.length).toBeLessThanOrEqual(BUCKETS_MAX);
        expect(series.map(({ atMs }) => atMs)).toEqual(
          series.map((_, i) => given.sinceMs + i * size),
        );
        expect([given.sinceMs % size, given.untilMs % size]).toEqual([0, 0]);
        expect((series.at(-1)?.atMs ?? 0) + size).toBe(given.untilMs);
      }),
      { numRuns: 60 },
    );
  });

  it('adds up to the whole, however much each sample stands for', () => {
    const statuses = ['delivered', 'failed', 'held', 'cancelled'] as const;
    const rows = fc.array(
      fc.record({
        status: fc.constantFrom(...statuses),
        share: fc.double({ min: 0, max: 0.999, noNaN: true }),
        attemptCount: fc.nat(3),
        weight: fc.oneof(fc.constant(1), fc.double({ min: 1, max: 500, noNaN: true })),
      }),
    );
    fc.assert(
      fc.property(frames, rows, (given, facts) => {
        const samples = facts
          .map(({ status, share, ...more }) =>
            sample(
              status,
              Math.floor(given.sinceMs + share * (given.untilMs - given.sinceMs)),
              more,
            ),
          )
          .sort((a, b) => a.acceptedAtMs - b.acceptedAtMs);
        const series = seriesOf(samples, given);
        const weight = (of: readonly StatsSample[]) =>
          Math.round(of.reduce((total, one) => total + one.weight, 0));
        const sum = (name: 'delivered' | 'failed' | 'held' | 'retried') =>
          series.reduce((total, one) => total + one[name], 0);
        for (const name of ['delivered', 'failed', 'held'] as const) {
          expect(sum(name)).toBe(weight(samples.filter(({ state }) => state.status === name)));
        }
        expect(sum('retried')).toBe(weight(samples.filter((one) => one.attemptCount > 1)));
        expect(series.every((one) => one.delivered >= 0 && one.retried >= 0)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
