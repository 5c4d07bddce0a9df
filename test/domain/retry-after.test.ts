import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate, parseRetryAfter } from '../../lib/domain/retry-after.ts';

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);

describe('Retry-After', () => {
  it.each<[string | undefined, number | 'stop' | undefined, string]>([
    ['0', 0, 'no wait'],
    ['120', 120, 'seconds'],
    [' 120 ', 120, 'white space around'],
    ['1.2', 2, 'a fraction is rounded up'],
    ['+5', 5, 'a plus sign'],
    ['86401', 86_400, 'at most a day'],
    ['999999999999999', 86_400, 'absurdly long'],
    ['-1', 'stop', 'negative stops'],
    ['-0', 0, 'minus nothing is nothing'],
    ['Thu, 15 Jan 2026 12:00:30 GMT', 30, 'IMF-fixdate'],
    ['Thursday, 15-Jan-26 12:01:00 GMT', 60, 'RFC 850'],
    ['Thu Jan 15 12:02:00 2026', 120, 'asctime'],
    ['Thu Jan  8 12:02:00 2026', 0, 'asctime with a short day, in the past'],
    ['Thu, 15 Jan 2026 11:00:00 GMT', 0, 'a date in the past'],
    ['Sat, 17 Jan 2026 12:00:00 GMT', 86_400, 'a date beyond a day'],
    ['Fri, 30 Feb 2026 12:00:00 GMT', undefined, 'a day that does not exist'],
    ['Thu, 15 Jan 2026 25:00:00 GMT', undefined, 'an hour that does not exist'],
    ['Thu, 15 Foo 2026 12:00:00 GMT', undefined, 'a month that does not exist'],
    ['soon', undefined, 'a word'],
    ['', undefined, 'nothing'],
    [undefined, undefined, 'no header'],
    ['5, 10', undefined, 'two values joined'],
    ['0x10', undefined, 'hexadecimal'],
    ['1e3', undefined, 'an exponent'],
  ])('%j means %j (%s)', (text, expected) => {
    expect(parseRetryAfter(text, NOW)).toBe(expected);
  });

  it('takes a two-digit year for the century within fifty years', () => {
    expect(parseHttpDate('Friday, 15-Jan-76 12:00:00 GMT', NOW)).toBe(Date.UTC(2076, 0, 15, 12));
    expect(parseHttpDate('Saturday, 15-Jan-77 12:00:00 GMT', NOW)).toBe(Date.UTC(1977, 0, 15, 12));
  });

  it('reads a leap second as the second after', () => {
    expect(parseHttpDate('Wed, 31 Dec 2025 23:59:60 GMT', NOW)).toBe(Date.UTC(2026, 0, 1));
  });

  it('reads back every date that toUTCString writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
        expect(parseHttpDate(new Date(seconds * 1000).toUTCString(), NOW)).toBe(seconds * 1000);
      }),
    );
  });

  it('never throws and never asks for more than a day', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hint = parseRetryAfter(text, NOW);
        if (typeof hint !== 'number') return;
        expect(hint).toBeGreaterThanOrEqual(0);
        expect(hint).toBeLessThanOrEqual(86_400);
      }),
    );
  });
});
