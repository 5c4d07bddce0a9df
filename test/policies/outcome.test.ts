import { describe, expect, it } from 'vitest';
import { DeadlineError, outcomeOf, timedOutcome } from '../../lib/policies/outcome.ts';
import { T0 } from '../fakes/world.ts';
import { runningClock } from './running-clock.ts';

describe('work under a timeout', () => {
  it.each([
    ['a value', async () => 'value', { value: 'value' }],
    [
      'an error',
      async () => {
        throw 'text';
      },
      { error: 'text' },
    ],
  ])('that comes to %s leaves no timer behind', async (_, work, expected) => {
    const clock = runningClock();
    const limits = { timeoutMs: 1_000, signal: undefined };
    expect(await clock.until(timedOutcome(clock, limits, work))).toEqual(expected);
    expect(clock.pending()).toBe(0);
  });

  it('ends then, and what it throws afterwards troubles nobody', async () => {
    const clock = runningClock();
    const late = Promise.withResolvers<never>();
    const limits = { timeoutMs: 1_000, signal: undefined };
    const outcome = await clock.until(timedOutcome(clock, limits, () => late.promise));
    expect(outcome).toEqual({ error: new DeadlineError(1_000) });
    expect(clock.nowMs()).toBe(T0 + 1_000);
    late.reject(new Error('late'));
    await new Promise(setImmediate);
  });

  it('may abort its own signal and throw in one go', async () => {
    const own = new AbortController();
    const work = (): Promise<never> => {
      own.abort();
      throw new Error('at once');
    };
    expect(await outcomeOf(work, own.signal)).toEqual({ error: new Error('at once') });
    // Whatever nobody waits for would be reported now.
    await new Promise(setImmediate);
  });
});
