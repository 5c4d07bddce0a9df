import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countCall, NEW_RETRY_BUDGET, spendRetry } from '../../lib/domain/retry-budget.ts';

const T0 = 1_000_000;

/** How many retries are granted of `asked` at `atMs`, after `calls` calls at T0. */
function granted(calls: number, asked: number, atMs: number): number {
  let budget = NEW_RETRY_BUDGET;
  for (let i = 0; i < calls; i++) budget = countCall(budget, T0);
  let given = 0;
  for (let i = 0; i < asked; i++) {
    const spent = spendRetry(budget, atMs);
    if (spent === undefined) continue;
    budget = spent;
    given += 1;
  }
  return given;
}

describe('a retry budget', () => {
  it.each([
    ['three without any call', 0, T0, 3],
    ['three of ten calls', 10, T0, 3],
    ['a fifth of a hundred calls', 100, T0, 20],
    ['the same fifth nine seconds later', 100, T0 + 9_999, 20],
    ['three when the calls are ten seconds ago', 100, T0 + 10_000, 3],
    ['a fifth where the clock was set back', 100, T0 - 60_000, 20],
  ])('grants %s', (_, calls, atMs, expected) => {
    expect(granted(calls, 1_000, atMs)).toBe(expected);
  });

  it('grants again when the window has passed', () => {
    let budget = NEW_RETRY_BUDGET;
    for (let i = 0; i < 3; i++) budget = spendRetry(budget, T0) ?? budget;
    expect(spendRetry(budget, T0 + 10_999)).toBeUndefined();
    expect(spendRetry(budget, T0 + 11_000)).toBeDefined();
  });

  it.each([0, -3_600_000])('keeps eleven seconds at most, the clock moved by %s ms', (by) => {
    let budget = countCall(NEW_RETRY_BUDGET, T0 - by);
    for (let i = 0; i < 1_000; i++) budget = countCall(budget, T0 + i * 700);
    expect(budget.slots.length).toBeLessThanOrEqual(11);
  });

  it('never grants more, in the ten seconds until a grant, than a fifth of the calls or three', () => {
    const step = fc.record({ afterMs: fc.nat(3_000), isCall: fc.boolean(), count: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let budget = NEW_RETRY_BUDGET;
        let nowMs = T0;
        const calls: number[] = [];
        const retries: number[] = [];
        const inWindow = (times: readonly number[]) =>
          times.filter((atMs) => atMs > nowMs - 10_000).length;
        for (const { afterMs, isCall, count } of steps) {
          nowMs += afterMs;
          for (let i = 0; i < count; i++) {
            if (isCall) {
              budget = countCall(budget, nowMs);
              calls.push(nowMs);
              continue;
            }
            const spent = spendRetry(budget, nowMs);
            if (spent === undefined) continue;
            budget = spent;
            retries.push(nowMs);
            expect(inWindow(retries)).toBeLessThanOrEqual(Math.max(3, inWindow(calls) * 0.2));
          }
        }
      }),
    );
  });
});
