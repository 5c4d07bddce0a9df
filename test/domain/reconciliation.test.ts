import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  digestWith,
  dueForRecount,
  FIRST_LOOK_BACK_MS,
  missingOf,
  nextWindow,
  RECOUNT_AFTER_MS,
  SETTLED_MS,
  WINDOW_MS_MAX,
  WINDOWS_MAX,
} from '../../lib/domain/reconciliation.ts';

const NOW = 1_800_000_000_000;

describe('the window to compare', () => {
  it('begins where the last one ended and leaves young events alone', () => {
    expect(nextWindow(NOW - 120_000, NOW)).toEqual({
      sinceMs: NOW - 120_000,
      untilMs: NOW - SETTLED_MS,
    });
  });

  it('is none while everything settled has been compared', () => {
    expect(nextWindow(NOW - SETTLED_MS, NOW)).toBeUndefined();
  });

  it('is bounded when the tick was away', () => {
    const away = NOW - 86_400_000;
    expect(nextWindow(away, NOW)).toEqual({ sinceMs: away, untilMs: away + WINDOW_MS_MAX });
  });

  it.each([
    ['twice as long after an empty one', 0, 2 * WINDOW_MS_MAX],
    ['as ever after one that was not', 1, WINDOW_MS_MAX],
  ])('is %s', (_, count, spanMs) => {
    const away = NOW - 86_400_000;
    const last = { sinceMs: away - WINDOW_MS_MAX, untilMs: away, count, digest: 0 };
    expect(nextWindow(away, NOW, last)).toEqual({ sinceMs: away, untilMs: away + spanMs });
  });

  it('grows over a month away without events in few steps, to three days at most', () => {
    let until = NOW - 30 * 86_400_000;
    const spans: number[] = [];
    let last = { sinceMs: until - 60_000, untilMs: until, count: 0, digest: 0 };
    for (let window = nextWindow(until, NOW, last); window; window = nextWindow(until, NOW, last)) {
      last = { ...window, count: 0, digest: 0 };
      spans.push(window.untilMs - window.sinceMs);
      until = window.untilMs;
    }
    expect(spans.length).toBeLessThan(25);
    expect(Math.max(...spans)).toBe(FIRST_LOOK_BACK_MS);
  });

  it('reaches three days back at first', () => {
    expect(nextWindow(undefined, NOW)).toEqual({
      sinceMs: NOW - FIRST_LOOK_BACK_MS,
      untilMs: NOW - SETTLED_MS,
    });
  });

  it('joins the next without gap or overlap, until nothing is left', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7_200_000 }), (awayMs) => {
        let until = NOW - awayMs;
        for (let i = 0; i < 100; i++) {
          const window = nextWindow(until, NOW);
          if (window === undefined) break;
          expect(window.sinceMs).toBe(until);
          expect(window.untilMs).toBeGreaterThan(window.sinceMs);
          until = window.untilMs;
        }
        expect(until).toBe(Math.max(NOW - awayMs, NOW - SETTLED_MS));
      }),
    );
  });
});

describe('counting again', () => {
  const window = (ageMs: number) => ({ sinceMs: 0, untilMs: NOW - ageMs, count: 1, digest: 2 });

  it('is due ten minutes later, once', () => {
    const old = window(RECOUNT_AFTER_MS);
    const young = window(RECOUNT_AFTER_MS - 1);
    expect(dueForRecount([old, young], NOW)).toEqual({ due: [old], keep: [young] });
  });

  it('comes early for the oldest when there are too many to remember', () => {
    const windows = Array.from({ length: WINDOWS_MAX + 2 }, (_, i) => window(1_000 - i));
    expect(dueForRecount(windows, NOW).keep).toHaveLength(WINDOWS_MAX);
    expect(dueForRecount(windows, NOW).due).toEqual(windows.slice(0, 2));
  });
});

describe('the digest of a window', () => {
  it('does not depend on order and changes with any id that is added', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 }), (ids) => {
        const digest = ids.reduce(digestWith, 0);
        expect([...ids].reverse().reduce(digestWith, 0)).toBe(digest);
        expect(digest).toBeGreaterThanOrEqual(0);
        expect(digestWith(digest, `${ids[0]}x`)).not.toBe(digest);
      }),
    );
  });
});

it('what is missing are the targets without row', () => {
  expect(missingOf(['int_a', 'int_b'], new Set(['int_a'] as const))).toEqual(['int_b']);
});
