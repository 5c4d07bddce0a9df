import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../lib/policies/backoff.ts';
import { BreakerOpenError } from '../../lib/policies/breaker-open-error.ts';
import { DeadlineError } from '../../lib/policies/outcome.ts';
import { markProbe } from '../../lib/policies/probe-signal.ts';
import { type RetryAttempt, type RetryOptions, retry } from '../../lib/policies/retry.ts';
import { T0 } from '../fakes/world.ts';
import { runningClock } from './running-clock.ts';

const OPEN = { integration: 'erp', target: 'primary', retryAfterMs: 1, state: 'open' } as const;

function world(dice = 1) {
  const clock = runningClock();
  const startedMs: number[] = [];
  const options = <T>(more: Partial<RetryOptions<T>> = {}): RetryOptions<T> => ({
    clock,
    random: { unit: () => dice },
    ...more,
  });
  /** Comes to these, one after the other, the last for ever; errors are thrown. */
  const work =
    <T>(...outcomes: readonly (T | Error)[]) =>
    async ({ number }: RetryAttempt): Promise<T> => {
      startedMs.push(clock.nowMs() - T0);
      const outcome = outcomes[Math.min(number, outcomes.length) - 1];
      if (outcome === undefined || outcome instanceof Error) throw outcome;
      return outcome;
    };
  return { clock, startedMs, options, work };
}

const failed = (text: string) => new Error(text);

describe('retry', () => {
  it('asks once where the first answer is good', async () => {
    const { clock, options, work, startedMs } = world();
    expect(await clock.until(retry(work('good'), options()))).toBe('good');
    expect(startedMs).toEqual([0]);
    expect(clock.pending()).toBe(0);
  });

  it('waits up to 100 ms, then up to 200 ms, and throws the third error as it is', async () => {
    const { clock, options, work, startedMs } = world();
    const errors = [failed('one'), failed('two'), failed('three')];
    expect(await clock.failureOf(retry(work(...errors), options()))).toBe(errors[2]);
    expect(startedMs).toEqual([0, 100, 300]);
    expect(clock.pending()).toBe(0);
  });

  it.each([
    [0, [0, 0, 0]],
    [0.5, [0, 50, 150]],
  ])('takes dice of %s as that share of the longest wait', async (dice, expected) => {
    const { clock, options, work, startedMs } = world(dice);
    await clock.failureOf(retry(work(failed('no')), options()));
    expect(startedMs).toEqual(expected);
  });

  it('returns a value that may not be retried any more as it is', async () => {
    const { clock, options, work, startedMs } = world();
    const retryIf = () => true;
    expect(await clock.until(retry(work(503), options({ attempts: 2, retryIf })))).toBe(503);
    expect(startedMs).toHaveLength(2);
  });

  it('never comes before it was asked to, and spreads above that', async () => {
    const { clock, options, work, startedMs } = world(0.5);
    const retryIf = () => ({ afterMs: 3_000 });
    await clock.failureOf(retry(work(failed('429')), options({ attempts: 2, retryIf })));
    expect(startedMs).toEqual([0, 3_050]);
  });

  it.each([
    ['a wait that would end at the deadline', 1_000, 1],
    ['a wait that would pass it', 5_000, 1],
    ['a wait for ever', Number.POSITIVE_INFINITY, 1],
    ['no time', Number.NaN, 3],
    ['a time that is over', -5, 3],
  ])('takes %s as %s ms: %s attempts', async (_, afterMs, attempts) => {
    const { clock, options, work, startedMs } = world(0);
    const one = failed('one');
    const retryIf = () => ({ afterMs });
    const promise = retry(work(one), options({ deadlineMs: 1_000, retryIf }));
    expect(await clock.failureOf(promise)).toBe(one);
    expect(startedMs).toHaveLength(attempts);
    // And where there is no retry, there is no wait for it either.
    if (attempts === 1) expect(clock.nowMs()).toBe(T0);
  });

  it('does not retry what a breaker rejects, by itself', async () => {
    const { clock, options, work, startedMs } = world();
    const open = new BreakerOpenError(OPEN);
    expect(await clock.failureOf(retry(work(open), options()))).toBe(open);
    expect(startedMs).toHaveLength(1);
  });

  it('makes one attempt under the signal of a probe', async () => {
    const { clock, options, work, startedMs } = world();
    const { signal } = new AbortController();
    markProbe(signal);
    await clock.failureOf(retry(work(failed('no')), options({ signal, attempts: 10 })));
    expect(startedMs).toHaveLength(1);
  });

  it('takes work that throws before its first await for one that fails', async () => {
    const { clock, options } = world();
    const one = failed('at once');
    const work = (): Promise<never> => {
      throw one;
    };
    expect(await clock.failureOf(retry(work, options()))).toBe(one);
  });

  it('ends at its deadline though the work heeds no signal, and keeps the error before', async () => {
    const { clock, options } = world();
    const one = failed('one');
    const seen: AbortSignal[] = [];
    const work = async ({ number, signal }: RetryAttempt) => {
      seen.push(signal);
      if (number === 1) throw one;
      return await new Promise<never>(() => {});
    };
    const error = await clock.failureOf(retry(work, options({ deadlineMs: 500 })));
    expect(error).toBeInstanceOf(DeadlineError);
    expect(error).toHaveProperty('cause', one);
    expect(clock.nowMs() - T0).toBe(500);
    expect(seen.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(clock.pending()).toBe(0);
  });

  it('stops waiting when the caller gives up, with the last error', async () => {
    const { clock, options, work, startedMs } = world();
    const caller = new AbortController();
    const one = failed('one');
    clock.after(40, () => caller.abort());
    const promise = retry(work(one), options({ signal: caller.signal }));
    expect(await clock.failureOf(promise)).toBe(one);
    expect(clock.nowMs() - T0).toBe(40);
    expect(startedMs).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });

  it('does not begin where the caller has given up', async () => {
    const { clock, options, work, startedMs } = world();
    const signal = AbortSignal.abort(failed('gone'));
    expect(await clock.failureOf(retry(work('good'), options({ signal })))).toEqual(failed('gone'));
    expect(startedMs).toEqual([]);
  });

  it('asks the budget once for a call, and before each retry', async () => {
    const { clock, options, work, startedMs } = world();
    const asked: string[] = [];
    const budget = {
      call: () => void asked.push('call'),
      take: () => asked.push('take') < 3,
    };
    const one = failed('one');
    const promise = retry(work(one), options({ attempts: 5, budget }));
    expect(await clock.failureOf(promise)).toBe(one);
    expect(asked).toEqual(['call', 'take', 'take']);
    expect(startedMs).toHaveLength(2);
  });

  it.each([
    [{ attempts: 0 }, 'attempts must be 1–10'],
    [{ attempts: 11 }, 'attempts must be 1–10'],
    [{ attempts: 1.5 }, 'attempts must be 1–10'],
    [{ deadlineMs: 0 }, 'deadlineMs must be 1–900000, but is 0.'],
    [{ deadlineMs: Number.NaN }, 'deadlineMs must be 1–900000'],
    [{ backoff: { factor: 0.5 } }, 'backoff.factor must be 1–10, but is 0.5.'],
    [{ backoff: { initialMs: -1 } }, 'backoff.initialMs must be 0–900000'],
    [{ backoff: { maxMs: Number.POSITIVE_INFINITY } }, 'backoff.maxMs must be 0–900000'],
  ])('refuses %j by name', async (more, message) => {
    const { options, work, startedMs } = world();
    await expect(retry(work('good'), options(more))).rejects.toThrow(message);
    expect(startedMs).toEqual([]);
  });

  it('never makes more attempts than it may, nor waits past its deadline', async () => {
    const outcome = fc.record({ takesMs: fc.nat(400), isValue: fc.boolean() });
    const after = fc.oneof(fc.boolean(), fc.record({ afterMs: fc.integer({ max: 2_000 }) }));
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          attempts: fc.integer({ min: 1, max: 10 }),
          deadlineMs: fc.integer({ min: 1, max: 5_000 }),
          backoff: fc.record({
            initialMs: fc.nat(1_000),
            factor: fc.double({ min: 1, max: 10, noNaN: true }),
            maxMs: fc.nat(5_000),
          }),
          dice: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          outcomes: fc.array(outcome, { minLength: 1, maxLength: 10 }),
          verdicts: fc.array(after, { minLength: 1, maxLength: 10 }),
        }),
        async ({ attempts, deadlineMs, backoff, dice, outcomes, verdicts }) => {
          const { clock, options } = world(dice);
          const begun: number[] = [];
          let came: unknown;
          const work = async ({ number }: RetryAttempt) => {
            begun.push(clock.nowMs());
            const { takesMs = 0, isValue = true } = outcomes[number % outcomes.length] ?? {};
            await clock.sleep(takesMs);
            came = isValue ? { number } : failed(`${number}`);
            if (came instanceof Error) throw came;
            return came;
          };
          const retryIf = (_: unknown, { number }: RetryAttempt) =>
            verdicts[number % verdicts.length] ?? true;
          const result = await clock
            .until(retry(work, options({ attempts, deadlineMs, backoff, retryIf })))
            .catch((error: unknown) => error);
          expect(begun.length).toBeLessThanOrEqual(attempts);
          for (const atMs of begun) expect(atMs).toBeLessThan(T0 + deadlineMs);
          expect(clock.nowMs()).toBeLessThanOrEqual(T0 + deadlineMs);
          if (!(result instanceof DeadlineError)) expect(result).toBe(came);
        },
      ),
    );
  });
});

describe('backoff', () => {
  it.each([
    [1, 100],
    [2, 200],
    [5, 1_600],
    [6, 2_000],
    [1_025, 2_000],
    [Number.MAX_SAFE_INTEGER, 2_000],
  ])('waits at most, after attempt %s, %s ms', (made, ms) => {
    expect(backoffMs({ initialMs: 100, factor: 2, maxMs: 2_000 }, made)).toBe(ms);
  });

  it('of nothing is nothing, however often', () => {
    expect(backoffMs({ initialMs: 0, factor: 2, maxMs: 2_000 }, 1_025)).toBe(0);
  });
});
