import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../../../lib/domain/breaker.ts';
import {
  closed,
  disabled,
  forcedOpen,
  halfOpened,
  opened,
  reset,
} from '../../../../lib/domain/breaker-transitions.ts';
import { wrongStep } from './breaker-steps.ts';

const T0 = 1_800_000_000_000;
const REF = { tenant: 'default', integrationId: 'int_a', target: 0 } as const;
const DOWN = 'It answered 503 with Retry-After.';
const was = newBreaker(REF);
const open = opened(was, BREAKER_DEFAULTS, { nowMs: T0, dice: 0.5, reason: DOWN });
const half = halfOpened(open, { nowMs: open.openUntilMs ?? 0, reason: 'over', leaseMs: 10_000 });
const atHalf = { nowMs: half.sinceMs + 1_000, reason: 'so' };
const wrong = (before: Breaker | undefined, after: Breaker | undefined) =>
  wrongStep({ before, after }, BREAKER_DEFAULTS);
const leases = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ owner: `${n}`, expiresAtMs: T0 }));

describe('what a breaker may do', () => {
  it.each<[string, Breaker | undefined, Breaker]>([
    ['begin to be watched', undefined, { ...was, suspectSinceMs: T0 }],
    ['open', was, open],
    ['be probed when its time is over', open, half],
    ['have its probes', half, { ...half, halfOpen: { ...NO_PROBES, leases: leases(3) } }],
    ['open again', half, opened(half, BREAKER_DEFAULTS, { ...atHalf, dice: 1 })],
    ['close', half, closed(half, atHalf)],
    ['be tripped by hand', was, forcedOpen(was, { ...atHalf, actor: 'key_a' })],
    ['be reset by hand', open, reset(open, { ...atHalf, actor: 'key_a' })],
    ['be switched off by hand', half, disabled(half, { ...atHalf, actor: 'k', counting: false })],
  ])('%s', (_, before, after) => {
    expect(wrong(before, after)).toBeUndefined();
  });
});

const NO_PROBES = { successes: 0, failures: 0, deadlineMs: T0, leases: [] };
const early = halfOpened(open, { nowMs: T0 + 1_000, reason: 'early', leaseMs: 10_000 });
const few = { nowMs: T0, dice: 0, reason: '2 of 2 calls failed within 60 s.' };

describe('what a breaker may not do', () => {
  it.each<[string, Breaker | undefined, Breaker | undefined]>([
    ['vanish', open, undefined],
    ['change without a transition', open, { ...open, state: 'closed' }],
    ['stay open for longer without one', open, { ...open, openUntilMs: T0 + 9_999_999 }],
    ['go two versions on', was, { ...open, version: 2 }],
    ['say that another transition was made', half, { ...closed(half, atHalf), last: open.last }],
    ['be probed before its time is over', open, early],
    ['close by itself while it is open', open, closed(open, atHalf)],
    ['open by hand', was, opened(was, BREAKER_DEFAULTS, { ...few, reason: DOWN, actor: 'key_a' })],
    ['open for less than its time', was, { ...open, openUntilMs: T0 + 1_000 }],
    ['open for ever', was, { ...open, openUntilMs: undefined }],
    ['open the tenth time in a row after none', was, { ...open, openCount: 10 }],
    ['open for too few calls', was, opened(was, BREAKER_DEFAULTS, few)],
    ['have a fourth probe', half, { ...half, halfOpen: { ...NO_PROBES, leases: leases(4) } }],
    ['take a result of nobody', half, { ...half, halfOpen: { ...NO_PROBES, successes: 1 } }],
    ['forget failures', { ...was, totals: { ...was.totals, failures: 2 } }, was],
  ])('%s', (_, before, after) => {
    expect(wrong(before, after)).toBeDefined();
  });
});
