import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  delaySeconds,
  judge,
  nextAttemptAt,
  RETRY_DEFAULTS,
  type RetryPolicy,
} from '../../lib/domain/retry.ts';

const NOW = 1_800_000_000_000;
const answer = (statusCode: number | null, more: Partial<Answer> = {}): Answer => ({
  statusCode,
  error: null,
  responseHeaders: {},
  ...more,
});
const header = (name: string, value: string) => ({ responseHeaders: { [name]: value } });

describe('judging an answer', () => {
  it.each<[string, Answer, string, boolean, number | undefined]>([
    ['200', answer(200), 'success', false, undefined],
    ['204', answer(204), 'success', false, undefined],
    ['299', answer(299), 'success', false, undefined],
    ['101 is no success', answer(101), 'permanent', false, undefined],
    ['301 is never followed', answer(301), 'permanent', false, undefined],
    ['404', answer(404), 'retryable', false, undefined],
    ['500', answer(500), 'retryable', false, undefined],
    ['599', answer(599), 'retryable', false, undefined],
    ['410 disables', answer(410), 'permanent', true, undefined],
    ['429 with a hint', answer(429, header('retry-after', '7')), 'retryable', false, 7],
    ['503 with a hint', answer(503, header('retry-after', '9')), 'retryable', false, 9],
    [
      'a negative hint stops',
      answer(503, header('retry-after', '-1')),
      'permanent',
      false,
      undefined,
    ],
    ['a bad hint is none', answer(503, header('retry-after', 'x')), 'retryable', false, undefined],
    [
      'abort-message stops',
      answer(500, header('webhook-delivery', 'Abort-Message')),
      'permanent',
      false,
      undefined,
    ],
    [
      'disable disables',
      answer(500, header('webhook-delivery', 'disable')),
      'permanent',
      true,
      undefined,
    ],
    [
      'disable with 200 delivers and disables',
      answer(200, header('webhook-delivery', 'disable')),
      'success',
      true,
      undefined,
    ],
    ['no answer', answer(null, { error: 'refused' }), 'retryable', false, undefined],
    ['timeout', answer(null, { error: 'timeout' }), 'retryable', false, undefined],
    ['200 that never ended', answer(200, { error: 'timeout' }), 'retryable', false, undefined],
    ['200 without end', answer(200, { error: 'body-too-large' }), 'retryable', false, undefined],
  ])('%s', (_, given, outcome, disable, retryAfterSeconds) => {
    expect(judge(given, RETRY_DEFAULTS, NOW)).toEqual({ outcome, disable, retryAfterSeconds });
  });

  it.each<[string, readonly string[], Answer, string]>([
    ['a code that is listed', ['404'], answer(404), 'retryable'],
    ['a code that is not', ['404'], answer(405), 'permanent'],
    ['a class', ['3xx'], answer(302), 'retryable'],
    ['network without timeout', ['network'], answer(null, { error: 'timeout' }), 'permanent'],
    ['timeout without network', ['timeout'], answer(null, { error: 'dns' }), 'permanent'],
    ['timeout listed', ['timeout'], answer(null, { error: 'timeout' }), 'retryable'],
    ['nothing', [], answer(500), 'permanent'],
  ])('retryOn: %s', (_, retryOn, given, outcome) => {
    expect(judge(given, { ...RETRY_DEFAULTS, retryOn }, NOW).outcome).toBe(outcome);
  });

  it('does not look at Retry-After where the integration says so', () => {
    const policy = { ...RETRY_DEFAULTS, honourRetryAfter: false };
    for (const value of ['60', '-1']) {
      const verdict = judge(answer(503, header('retry-after', value)), policy, NOW);
      expect(verdict).toEqual({
        outcome: 'retryable',
        disable: false,
        retryAfterSeconds: undefined,
      });
    }
  });
});

describe('the next attempt', () => {
  const policy: RetryPolicy = { ...RETRY_DEFAULTS, jitter: 0 };
  const due = (made: number, more = {}) =>
    nextAttemptAt(
      policy,
      { made, startedAtMs: NOW, retryAfterSeconds: undefined, ...more },
      NOW,
      0,
    );

  it('follows the whole default schedule and then ends', () => {
    const delays = Array.from({ length: 15 }, (_, i) => due(i + 1)).map((at) =>
      at === undefined ? undefined : (at - NOW) / 1000,
    );
    const day = 86_400;
    expect(delays).toEqual([
      ...[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000],
      ...[day, day, day, day, day, day],
      undefined,
    ]);
  });

  it('waits as long as the receiver asks, if that is longer', () => {
    expect(due(1, { retryAfterSeconds: 60 })).toBe(NOW + 60_000);
    expect(due(2, { retryAfterSeconds: 60 })).toBe(NOW + 300_000);
  });

  it('ends where the age would pass its limit', () => {
    const startedAtMs = NOW - 864_000_000 + 4_999;
    expect(due(1, { startedAtMs })).toBeUndefined();
    expect(due(1, { startedAtMs: startedAtMs + 1 })).toBe(NOW + 5_000);
  });

  it('adds jitter, never takes away', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999999, noNaN: true }), (dice) => {
        const progress = { made: 1, startedAtMs: NOW, retryAfterSeconds: undefined };
        const at = nextAttemptAt({ ...policy, jitter: 0.2 }, progress, NOW, dice) ?? 0;
        expect(at).toBeGreaterThanOrEqual(NOW + 5_000);
        expect(at).toBeLessThanOrEqual(NOW + 6_000);
      }),
    );
  });

  it('backs off by the factor up to the maximum', () => {
    const timing = { kind: 'backoff', initialSeconds: 1, factor: 2, maxSeconds: 10 } as const;
    expect([1, 2, 3, 4, 5, 6].map((made) => delaySeconds(timing, made))).toEqual([
      1, 2, 4, 8, 10, 10,
    ]);
  });

  it('repeats the last delay of a short schedule', () => {
    expect(delaySeconds({ kind: 'schedule', seconds: [1, 2] }, 5)).toBe(2);
    expect(delaySeconds({ kind: 'schedule', seconds: [] }, 1)).toBe(0);
  });
});
