import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import {
  begun,
  type Drain,
  isAlive,
  rampedAnew,
  rateMax,
  spread,
  stepCount,
  stepSeconds,
  waiting,
} from '../../lib/domain/drain.ts';
import { type Bearing, bearing, paced } from '../../lib/domain/drain-pace.ts';
import { entered, stepped } from '../../lib/domain/drain-round.ts';

const NOW = 1_768_478_400_000;
const REF = { tenant: 'default', integrationId: 'int_a' } as const;
const TARGET = { ...REF, target: 0 };

function drain(more: Partial<Drain> = {}): Drain {
  const begins = begun(REF, undefined, true, NOW);
  return { ...begins, lastStepAtMs: NOW, lastFoundAtMs: NOW, pacedAtMs: NOW, ...more };
}

/** Rates step after step, five seconds apart, each having let something go. */
function rates(start: Drain, bearings: readonly Bearing[], callRate: number, max = 1_000) {
  let current = start;
  let nowMs = NOW;
  return bearings.map((now) => {
    nowMs += 5_000;
    current = paced(current, { bearing: now, callRate, max }, nowMs);
    current = { ...current, lastStepAtMs: nowMs, lastFoundAtMs: nowMs };
    return current.rate;
  });
}

const well = (count: number): Bearing[] => new Array(count).fill('well');

describe('the rate of a drain', () => {
  it('doubles up to half of what was taken before the outage, then grows by a tenth', () => {
    const first = begun(REF, undefined, true, NOW);
    expect(rates(first, well(10), 100, 70)).toEqual([1, 2, 4, 8, 16, 32, 50, 55, 60, 65]);
  });

  it('reaches no more than the maximum', () => {
    expect(rates(drain(), well(14), 100, 70).slice(-3)).toEqual([70, 70, 70]);
  });

  it('doubles up to 25 a second where nothing is known of the time before', () => {
    expect(rates(drain(), well(6), 0)).toEqual([2, 4, 8, 16, 25, 27.5]);
  });

  it('halves while calls fail, and grows slowly from there', () => {
    const fast = drain({ rate: 80, threshold: 50 });
    expect(rates(fast, ['failing', 'failing', 'well', 'well'], 100)).toEqual([40, 20, 22, 24]);
  });

  it('never falls below one a second, unless the limit does', () => {
    expect(rates(drain({ rate: 2 }), ['failing', 'failing', 'failing'], 0)).toEqual([1, 1, 1]);
    expect(rates(drain(), ['failing', 'well'], 0, 0.2)).toEqual([0.2, 0.2]);
  });

  it('goes back to the threshold where the other side is slow, and up to it, but no further', () => {
    expect(rates(drain({ rate: 80, threshold: 30 }), ['slow', 'slow', 'slow'], 60)).toEqual([
      40, 30, 30,
    ]);
    expect(rates(drain(), ['slow', 'slow', 'slow', 'slow', 'slow'], 20)).toEqual([2, 4, 8, 16, 25]);
  });

  it('stays as it is while there was nothing to let go', () => {
    const idle = drain({ rate: 8, lastFoundAtMs: NOW - 1 });
    expect(paced(idle, { bearing: 'well', callRate: 0, max: 500 }, NOW + 5_000).rate).toBe(8);
  });

  it('is judged once in five seconds, however often it steps', () => {
    const seen = { bearing: 'well', callRate: 100, max: 500 } as const;
    const soon = paced(drain({ rate: 8 }), seen, NOW + 1_000);
    expect(soon).toMatchObject({ rate: 8, pacedAtMs: NOW });
    expect(paced({ ...soon, lastFoundAtMs: NOW + 1_000 }, seen, NOW + 5_000).rate).toBe(16);
  });

  it('is the same at the first step, whatever the other side did before', () => {
    const first = begun(REF, undefined, false, NOW);
    const seen = { bearing: 'failing', callRate: 0, max: 500 } as const;
    expect(paced(first, seen, NOW + 6_000)).toMatchObject({ rate: 50, threshold: 50 });
  });

  it('begins anew after another outage', () => {
    const anew = rampedAnew(drain({ rate: 300, threshold: 80, position: 'p' }), NOW + 9);
    expect(anew).toMatchObject({ rate: 1, threshold: 0, startedAtMs: NOW + 9, position: 'p' });
  });

  it('stays between one a second and the maximum, come what may', () => {
    const bearings = fc.array(fc.constantFrom<Bearing>('well', 'slow', 'failing'));
    const check = (seen: Bearing[], callRate: number, max: number) => {
      for (const rate of rates(drain(), seen, callRate, max)) {
        expect(rate).toBeGreaterThanOrEqual(Math.min(1, max));
        expect(rate).toBeLessThanOrEqual(max);
      }
    };
    const max = fc.double({ min: 0.1, max: 1_000, noNaN: true });
    fc.assert(fc.property(bearings, fc.nat(5_000), max, check));
  });
});

describe('how the other side bears it', () => {
  const breaker = (more: Partial<Breaker>): Breaker => ({ ...newBreaker(TARGET), ...more });
  const calls = (startMs: number, failures: number, successes: number) => ({
    buckets: [{ startMs, failures, successes, slow: 0 }],
  });
  const since = NOW - 5_000;

  it.each<[Bearing, string, Breaker | undefined]>([
    ['well', 'nothing is known of it', undefined],
    ['well', 'it closed and was not seen to fail', breaker({})],
    ['failing', 'one call in twenty failed', breaker(calls(NOW - 6_000, 1, 19))],
    ['well', 'fewer failed', breaker(calls(NOW - 6_000, 1, 20))],
    ['well', 'two calls are too few to tell', breaker(calls(NOW - 6_000, 2, 0))],
    ['failing', 'three are enough', breaker(calls(NOW - 6_000, 3, 0))],
    ['well', 'they failed before the last judgement', breaker(calls(NOW - 12_000, 9, 0))],
    ['failing', 'it asked for a pause since', breaker({ notBeforeMs: since + 1 })],
    ['well', 'that pause was over before', breaker({ notBeforeMs: since })],
    ['slow', 'it takes long', breaker({ slowUntilMs: NOW + 1 })],
    ['well', 'it took long once', breaker({ slowUntilMs: NOW })],
    ['failing', 'both', breaker({ ...calls(NOW - 6_000, 3, 0), slowUntilMs: NOW + 1 })],
  ])('%s, for %s', (expected, _, seen) => {
    expect(bearing(seen, BREAKER_DEFAULTS, since, NOW)).toBe(expected);
  });
});

describe('the bounds of a step', () => {
  it.each([
    ['without limits, what it took before, twice', {}, 400, 800],
    ['without limits, five hundred at least', {}, 3, 500],
    ['without limits, no more than a step can ring', {}, 9_000, 1_000],
    ['the limit per second', { perSecond: 20 }, 900, 20],
    ['the limit per second, though below one', { perSecond: 0.1 }, 0, 0.1],
    ['the places, four calls a second each', { concurrency: 10 }, 0, 40],
    ['the limit per second before the places', { perSecond: 90, concurrency: 10 }, 0, 90],
  ])('%s', (_, limits, callRate, expected) => {
    expect(rateMax(limits, callRate)).toBe(expected);
  });

  it.each([
    [{}, 5],
    [{ concurrency: 3 }, 5],
    [{ perSecond: 1_000 }, 1],
    [{ perSecond: 2 }, 1],
    [{ perSecond: 1 }, 2],
    [{ perSecond: 0.1 }, 20],
  ])('%j: a step lasts %i s', (limits, expected) => {
    expect(stepSeconds(limits)).toBe(expected);
  });

  it('lets one go at least, and never more a second than the rate, rounded up', () => {
    const rate = fc.double({ min: 0.1, max: 2_000, noNaN: true });
    fc.assert(
      fc.property(rate, fc.integer({ min: 1, max: 20 }), (perSecond, seconds) => {
        const count = stepCount(perSecond, seconds);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(5_000);
        const delays = spread(count, seconds);
        expect(delays).toEqual(delays.toSorted((a, b) => a - b));
        const most = Math.max(
          ...Map.groupBy(delays, (at) => at)
            .values()
            .map((d) => d.length),
        );
        expect(most).toBeLessThanOrEqual(Math.ceil(perSecond));
        expect(delays.at(-1)).toBeLessThan(seconds);
      }),
    );
  });
});

describe('rounds over what is held', () => {
  const found = (count: number, isAll: boolean) => ({
    count,
    last: count > 0 ? `last-${count}` : undefined,
    isAll,
    isFew: false,
  });
  /** Runs steps five seconds apart, each finding what it is told; 'finished' ends them. */
  function run(finds: readonly (readonly [number, boolean])[]) {
    let current: Drain | 'finished' = drain({ lastFoundAtMs: 0 });
    const seen: string[] = [];
    for (const [count, isAll] of finds) {
      if (current === 'finished') break;
      const nowMs: number = current.nextStepAtMs;
      current = stepped(entered(current, nowMs), found(count, isAll), 5_000, nowMs);
      seen.push(current === 'finished' ? current : (current.position ?? '-'));
    }
    return { current, seen };
  }

  it('begin again at once where only few are held, and what was rung had its time', () => {
    const few = { count: 0, last: undefined, isAll: true, isFew: true };
    const positionAfter = (ms: number) => {
      const before = drain({ position: 'here', lastFoundAtMs: 1_000, roundStartedAtMs: 1_000 });
      const next = stepped(before, few, 5_000, 1_000 + ms);
      return next === 'finished' ? next : next.position;
    };
    expect([positionAfter(4_999), positionAfter(5_000)]).toEqual(['here', undefined]);
  });

  it('go on behind the last one let go', () => {
    expect(
      run([
        [5, false],
        [7, false],
      ]).seen,
    ).toEqual(['last-5', 'last-7']);
  });

  it('do not ring again what was let go within the last minute', () => {
    const quiet = new Array<readonly [number, boolean]>(12).fill([0, true]);
    const { seen } = run([[5, true], ...quiet]);
    expect(seen.slice(0, 12)).toEqual(new Array(12).fill('last-5'));
    expect(seen.at(-1)).toBe('-');
  });

  it('begin again after five minutes even where more is held all the time', () => {
    const busy = new Array<readonly [number, boolean]>(61).fill([5, true]);
    const { seen } = run(busy);
    expect(seen.indexOf('-')).toBe(60);
  });

  it('are over when two of them, fifteen seconds apart, found nothing', () => {
    const first = run([[0, true]]);
    expect(first.current).toMatchObject({ emptyRounds: 1 });
    if (first.current === 'finished') throw new Error('too early');
    expect(first.current.nextStepAtMs - first.current.lastStepAtMs).toBe(15_000);
    expect(
      run([
        [0, true],
        [0, true],
      ]).current,
    ).toBe('finished');
  });

  it('are not over when something is found between two empty ones', () => {
    const quiet = new Array<readonly [number, boolean]>(12).fill([0, true]);
    const { current } = run([[0, true], [1, true], ...quiet, [0, true]]);
    expect(current).toMatchObject({ emptyRounds: 1 });
  });

  it('do not move on where the limit gave no leave', () => {
    const { current } = run([[0, false]]);
    expect(current).toMatchObject({ position: undefined, emptyRounds: 0 });
  });
});

describe('a drain', () => {
  it('waits until every instance has seen that deliveries pass', () => {
    expect(begun(REF, undefined, true, NOW)).toMatchObject({ step: 1, nextStepAtMs: NOW + 6_000 });
    expect(begun(REF, undefined, false, NOW)).toMatchObject({
      rate: 50,
      nextStepAtMs: NOW + 3_000,
    });
  });

  it('is dead when its token is half a minute late, and goes on where it was', () => {
    const before = drain({ step: 7, rate: 40, position: 'p', nextStepAtMs: NOW });
    expect(isAlive(before, NOW + 30_000)).toBe(true);
    expect(isAlive(before, NOW + 30_001)).toBe(false);
    const next = begun(REF, before, true, NOW + 31_000);
    expect(next).toMatchObject({ step: 8, rate: 40, position: 'p' });
  });

  it('begins anew when it has been dead for five minutes', () => {
    const before = drain({ step: 7, rate: 40, position: 'p', nextStepAtMs: NOW });
    const next = begun(REF, before, true, NOW + 300_000);
    expect(next).toMatchObject({ step: 8, rate: 1, position: undefined, lastStepAtMs: 0 });
  });

  it('looks again within a minute, however long the pause the other side wants', () => {
    const before = drain({ step: 7, rate: 40 });
    expect(waiting(before, NOW + 9_000, NOW)).toMatchObject({
      ...{ step: 8, rate: 40, nextStepAtMs: NOW + 9_000 },
    });
    expect(waiting(before, NOW + 900_000, NOW).nextStepAtMs).toBe(NOW + 60_000);
  });
});
