import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callRate, callsLeft, waitUs } from '../../lib/domain/rate-limit.ts';

const NOW_US = 1_800_000_000_000_000;

describe('a call rate', () => {
  it.each([
    { perSecond: 1, callUs: 1_000_000, burst: 1 },
    { perSecond: 0.1, callUs: 10_000_000, burst: 1 },
    { perSecond: 2.5, callUs: 400_000, burst: 2 },
    { perSecond: 3, callUs: 333_334, burst: 3 },
    { perSecond: 10_000, callUs: 100, burst: 10_000 },
  ])('of $perSecond a second has a burst of $burst', ({ perSecond, callUs, burst }) => {
    const rate = callRate(perSecond);
    expect(rate).toEqual({ callUs, aheadUs: burst * callUs });
    expect(callsLeft(rate, 0, NOW_US)).toBe(burst);
  });

  it('may be used up ahead by the debt that is asked for', () => {
    expect(callsLeft(callRate(10, 2_500), NOW_US, NOW_US)).toBe(35);
  });

  it('has no calls left, and never less than none, far ahead', () => {
    expect(callsLeft(callRate(10), NOW_US + 9_000_000, NOW_US)).toBe(0);
  });

  const rates = fc
    .double({ min: 0.1, max: 10_000, noNaN: true })
    .map((perSecond) => callRate(perSecond));
  const ahead = fc.integer({ min: -5_000_000, max: 50_000_000 });

  it('has a call left exactly when there is nothing to wait for, and no sooner than it says', () => {
    fc.assert(
      fc.property(rates, ahead, (rate, aheadUs) => {
        const usedUpUs = NOW_US + aheadUs;
        const wait = waitUs(rate, usedUpUs, NOW_US);
        expect(callsLeft(rate, usedUpUs, NOW_US) > 0).toBe(wait === 0);
        expect(callsLeft(rate, usedUpUs, NOW_US + wait)).toBeGreaterThan(0);
        if (wait > 0) expect(callsLeft(rate, usedUpUs, NOW_US + wait - 1)).toBe(0);
      }),
    );
  });

  it('used up as far as it goes lets one call through per interval, over any time', () => {
    fc.assert(
      fc.property(rates, fc.array(fc.nat(3_000_000), { maxLength: 30 }), (rate, waits) => {
        let usedUpUs = 0;
        let nowUs = NOW_US;
        let granted = 0;
        for (const wait of waits) {
          nowUs += wait;
          const calls = callsLeft(rate, usedUpUs, nowUs);
          usedUpUs = Math.max(usedUpUs, nowUs) + calls * rate.callUs;
          granted += calls;
        }
        const most = (nowUs - NOW_US + rate.aheadUs) / rate.callUs;
        expect(granted).toBeLessThanOrEqual(most);
      }),
    );
  });
});
