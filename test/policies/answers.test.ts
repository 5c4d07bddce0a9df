import { describe, expect, it } from 'vitest';
import { transientAnswers } from '../../lib/policies/answers.ts';
import { BreakerOpenError } from '../../lib/policies/breaker-open-error.ts';
import { T0 } from '../fakes/world.ts';

const retryIf = transientAnswers({ nowMs: () => T0 });
const answer = (status: number, retryAfter?: string) => ({
  value: new Response(null, {
    status,
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  }),
});
const OPEN = { integration: 'erp', target: 'primary', retryAfterMs: 1, state: 'open' } as const;

describe('an answer is asked for again', () => {
  it.each([
    ['200', answer(200), false],
    ['404', answer(404), false],
    ['501', answer(501), false],
    ['500', answer(500), true],
    ['503', answer(503), true],
    ['503 in two seconds', answer(503, '2'), { afterMs: 2_000 }],
    ['429 at a date', answer(429, 'Thu, 15 Jan 2026 12:00:05 GMT'), { afterMs: 5_000 }],
    ['429 with nonsense', answer(429, 'soon'), true],
    ['429 with a negative Retry-After', answer(429, '-1'), false],
    ['an error', { error: new TypeError('fetch failed') }, true],
    ['a rejection', { error: new BreakerOpenError(OPEN) }, false],
    ['a value that is no answer', { value: { status: 503 } }, false],
    ['no value', { value: undefined }, false],
  ])('%s: %o', (_, outcome, expected) => {
    expect(retryIf(outcome)).toEqual(expected);
  });
});
