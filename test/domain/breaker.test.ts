import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BREAKER_DEFAULTS,
  BREAKER_STATES,
  type Breaker,
  type BreakerConfig,
  isTroubled,
  newBreaker,
} from '../../lib/domain/breaker.ts';
import { gate, probeStep, SKEW_MS } from '../../lib/domain/breaker-gate.ts';
import { breakerOutcome } from '../../lib/domain/breaker-outcome.ts';
import {
  closed,
  disabled,
  forcedOpen,
  halfOpened,
  opened,
  openSeconds,
  reset,
  verdict,
} from '../../lib/domain/breaker-transitions.ts';
import { added, bucketAt, NO_COUNTS } from '../../lib/domain/breaker-window.ts';

const T = Date.UTC(2026, 5, 1);
const config = BREAKER_DEFAULTS;
const REF = { tenant: 'default', integrationId: 'int_a', target: 0 } as const;
const WELL = newBreaker(REF);
const cause = (nowMs = T, dice = 0) => ({ nowMs, dice, reason: 'because' });
const OPEN = opened(WELL, config, cause());
const HALF = halfOpened(OPEN, { nowMs: T + 30_000, reason: 'over', leaseMs: 20_000 });

function half(successes: number, failures: number, more: Partial<Breaker> = {}): Breaker {
  const halfOpen = { successes, failures, deadlineMs: T + 70_000, leases: [] };
  return { ...HALF, halfOpen, ...more };
}

describe('the gate', () => {
  const table: readonly (readonly [string, Partial<Breaker>, string])[] = [
    ['lets a closed one pass', {}, 'pass'],
    ['holds while it is open', { state: 'open', openUntilMs: T + 1 }, 'hold'],
    [
      'asks for a probe at the very end of the open period',
      { state: 'open', openUntilMs: T },
      'probe',
    ],
    ['asks for a probe while it is half-open', { state: 'half-open' }, 'probe'],
    ['holds a tripped one for ever', { state: 'forced-open', openUntilMs: undefined }, 'hold'],
    ['holds a tripped one until its end', { state: 'forced-open', openUntilMs: T + 1 }, 'hold'],
    ['probes a tripped one after its end', { state: 'forced-open', openUntilMs: T }, 'probe'],
    ['lets a disabled one pass', { state: 'disabled' }, 'pass'],
    ['lets one that only counts pass', { state: 'metrics-only' }, 'pass'],
    ['holds as long as the other side asked', { notBeforeMs: T + 1 }, 'hold'],
    ['holds for a 429 even a disabled one', { state: 'disabled', notBeforeMs: T + 1 }, 'hold'],
  ];
  it.each(table)('%s', (_, change, kind) => {
    expect(gate({ ...WELL, ...change }, config, T).kind).toBe(kind);
  });

  it('lets pass what is not on the board, and what has no breaker', () => {
    expect(gate(undefined, config, T)).toMatchObject({ kind: 'pass', watched: false });
    expect(gate(OPEN, { enabled: false }, T)).toMatchObject({ kind: 'pass', watched: false });
  });

  it('says by what a delivery is held', () => {
    expect(gate({ ...OPEN }, config, T)).toMatchObject({ heldBy: 'breaker' });
    expect(gate({ ...WELL, notBeforeMs: T + 9 }, config, T)).toMatchObject({ heldBy: 'limit' });
  });

  it('sends watched and lingering ones through the slow lane', () => {
    expect(gate({ ...WELL, suspectSinceMs: T }, config, T)).toMatchObject({ slow: true });
    expect(gate({ ...WELL, slowUntilMs: T + 1 }, config, T)).toMatchObject({ slow: true });
    expect(gate({ ...WELL, slowUntilMs: T }, config, T)).toMatchObject({ slow: false });
  });
});

describe('open periods', () => {
  it('double up to the maximum, and never overflow', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((n) => openSeconds(config, n))).toEqual([
      30, 60, 120, 240, 480, 900, 900,
    ]);
    expect(openSeconds(config, 1_025)).toBe(900);
  });

  it('are at least as long as said, and a fifth longer at most', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (dice) => {
        const ms = (opened(WELL, config, cause(T, dice)).openUntilMs ?? 0) - T;
        expect(ms).toBeGreaterThanOrEqual(30_000);
        expect(ms).toBeLessThanOrEqual(36_000);
      }),
    );
  });

  it('last at least until what the other side asked for', () => {
    const until = T + 3_600_000;
    expect(opened(WELL, config, { ...cause(), notBeforeMs: until }).openUntilMs).toBe(until);
  });

  it('grow with each failed probe, and are short again only after a stable close', () => {
    const again = opened(HALF, config, cause(T + 40_000));
    expect(again.openCount).toBe(2);
    const back = closed(
      halfOpened(again, { ...cause(T + 100_000), leaseMs: 1 }),
      cause(T + 101_000),
    );
    expect(opened(back, config, cause(T + 101_000 + 120_000)).openCount).toBe(3);
    expect(opened(back, config, cause(T + 101_000 + 120_001)).openCount).toBe(1);
    expect(opened(reset(again, cause()), config, cause(T + 1)).openCount).toBe(1);
  });

  it('remember how busy the target was', () => {
    const buckets = added([], bucketAt(config, T), { ...NO_COUNTS, failures: 60 }, config);
    expect(opened({ ...WELL, buckets }, config, cause(T + 1)).callRate).toBe(10);
    expect(opened({ ...HALF, callRate: 10 }, config, cause()).callRate).toBe(10);
  });
});

describe('a probe', () => {
  it('may begin when the open period is over, not a millisecond before', () => {
    expect(probeStep(OPEN, config, T + 29_999)).toEqual({ kind: 'hold' });
    expect(probeStep(OPEN, config, T + 30_000)).toEqual({ kind: 'half-open' });
  });

  it('finds as much room as results and leases leave', () => {
    const leases = [{ owner: 'a', expiresAtMs: T + 99_000 }];
    const halfOpen = { successes: 1, failures: 0, deadlineMs: T + 99_000, leases };
    expect(probeStep({ ...HALF, halfOpen }, config, T)).toEqual({ kind: 'lease', room: 2 });
    const full = { ...halfOpen, successes: 2 };
    expect(probeStep({ ...HALF, halfOpen: full }, config, T)).toEqual({ kind: 'hold' });
  });

  it('takes the place of a dead one, clocks apart by a second notwithstanding', () => {
    const leases = [{ owner: 'a', expiresAtMs: T }];
    const halfOpen = { successes: 2, failures: 0, deadlineMs: T + 99_000, leases };
    const breaker = { ...HALF, halfOpen };
    expect(probeStep(breaker, config, T + SKEW_MS)).toEqual({ kind: 'hold' });
    expect(probeStep(breaker, config, T + SKEW_MS + 1)).toEqual({ kind: 'clear', leases });
  });

  it('is not needed for one that has closed or is switched off', () => {
    for (const state of ['closed', 'disabled', 'metrics-only'] as const) {
      expect(probeStep({ ...WELL, state }, config, T)).toEqual({ kind: 'pass' });
    }
    expect(probeStep(OPEN, { ...config, enabled: false }, T)).toEqual({ kind: 'pass' });
  });

  it('gives way to a verdict when its deadline has passed and nobody is at it', () => {
    expect(probeStep(half(0, 0), config, T + 70_001)).toEqual({ kind: 'verdict' });
    const leases = [{ owner: 'a', expiresAtMs: T + 70_000 }];
    const halfOpen = { successes: 0, failures: 0, deadlineMs: T + 70_000, leases };
    expect(probeStep({ ...HALF, halfOpen }, config, T + 70_500)).toEqual({
      kind: 'lease',
      room: 3,
    });
  });
});

describe('the verdict', () => {
  const rate: BreakerConfig = { ...config, halfOpenVerdict: 'rate' };
  const table: readonly (readonly [string, Breaker, BreakerConfig, boolean, string | undefined])[] =
    [
      ['is out while probes are', half(2, 0), config, false, undefined],
      ['closes after all probes went well', half(3, 0), config, false, 'closed'],
      ['opens at the first failure', half(2, 1), config, false, 'open'],
      ['by rate waits for all probes', half(0, 2), rate, false, undefined],
      ['by rate closes below the threshold', half(2, 1), rate, false, 'closed'],
      ['by rate opens at the threshold', half(1, 2), rate, false, 'open'],
      ['closes at the deadline on what went well', half(1, 0), config, true, 'closed'],
      ['opens at the deadline if nothing came back', half(0, 0), config, true, 'open'],
      ['by rate opens at the deadline on what failed', half(1, 1), rate, true, 'open'],
      ['is none of an open one', OPEN, config, true, undefined],
    ];
  it.each(table)('%s', (_, breaker, by, isOver, state) => {
    expect(verdict(breaker, by, { nowMs: T, dice: 0, isOver })?.state).toBe(state);
  });
});

describe('every transition', () => {
  const moves: readonly (readonly [string, (breaker: Breaker) => Breaker])[] = [
    ['opened', (b) => opened(b, config, cause())],
    ['half-opened', (b) => halfOpened(b, { ...cause(), leaseMs: 1 })],
    ['closed', (b) => closed(b, cause())],
    ['reset', (b) => reset(b, cause())],
    ['tripped', (b) => forcedOpen(b, { ...cause(), actor: 'key_1', untilMs: T + 5 })],
    ['disabled', (b) => disabled(b, { ...cause(), counting: false })],
    ['counting only', (b) => disabled(b, { ...cause(), counting: true })],
  ];
  it.each(moves)('%s: one version on, told, nothing counted of before', (_, move) => {
    for (const state of BREAKER_STATES) {
      const before = { ...WELL, state, version: 7, consecutiveFailures: 4, suspectSinceMs: T };
      const after = move(before);
      expect(after.version).toBe(8);
      expect(after.unpublished).toMatchObject({
        from: state,
        to: after.state,
        version: 8,
        atMs: T,
      });
      expect(after.last).toEqual(after.unpublished);
      expect(after).toMatchObject({
        buckets: [],
        consecutiveFailures: 0,
        reporters: [],
        sinceMs: T,
      });
      expect(after.suspectSinceMs).toBeUndefined();
      expect(isTroubled(after, T)).toBe(true);
    }
  });

  it('counts how often it opened', () => {
    expect(opened(OPEN, config, cause()).totals.opened).toBe(2);
    expect(forcedOpen(OPEN, cause()).totals.opened).toBe(1);
  });

  it('says who asked for it', () => {
    expect(forcedOpen(WELL, { ...cause(), actor: 'key_1' }).last?.actor).toBe('key_1');
    expect(OPEN.last?.actor).toBe('breaker');
  });
});

describe('what an answer means to the breaker', () => {
  const answer = (statusCode: number | null, more: object = {}) => ({
    statusCode,
    error: statusCode === null ? 'timeout' : null,
    latencyMs: 20,
    responseHeaders: {},
    ...more,
  });
  it.each([
    [200, 'success'],
    [204, 'success'],
    [301, 'failure'],
    [400, 'success'],
    [401, 'neutral'],
    [403, 'neutral'],
    [404, 'success'],
    [408, 'failure'],
    [409, 'success'],
    [410, 'neutral'],
    [422, 'success'],
    [425, 'failure'],
    [429, 'throttled'],
    [500, 'failure'],
    [503, 'failure'],
    [null, 'failure'],
  ])('%s is %s', (status, kind) => {
    expect(breakerOutcome(answer(status), config, T).kind).toBe(kind);
  });

  it('an answer that broke off is a failure whatever its status; our own refusal is none', () => {
    expect(breakerOutcome(answer(200, { error: 'reset' }), config, T).kind).toBe('failure');
    expect(breakerOutcome(answer(null, { error: 'blocked' }), config, T).kind).toBe('neutral');
  });

  it('slow is longer than said, not as long', () => {
    expect(breakerOutcome(answer(200, { latencyMs: 10_000 }), config, T)).toMatchObject({
      slow: false,
    });
    expect(breakerOutcome(answer(200, { latencyMs: 10_001 }), config, T)).toMatchObject({
      slow: true,
    });
  });

  it.each([
    [429, '30', { kind: 'throttled', pauseMs: 30_000 }],
    [429, undefined, { kind: 'throttled', pauseMs: 10_000 }],
    [429, '999999', { kind: 'throttled', pauseMs: 900_000 }],
    [429, '0', { kind: 'throttled', pauseMs: 1_000 }],
    [503, '29', { kind: 'failure', slow: false }],
    [503, '30', { kind: 'down', forMs: 30_000, slow: false }],
    [503, '86400', { kind: 'down', forMs: 3_600_000, slow: false }],
    [500, '60', { kind: 'failure', slow: false }],
  ])('%s with Retry-After %s', (status, after, outcome) => {
    const responseHeaders = after === undefined ? {} : { 'retry-after': after };
    expect(breakerOutcome(answer(status, { responseHeaders }), config, T)).toEqual(outcome);
  });
});
