import * as z from 'zod/mini';
import { RETRY_DEFAULTS, type RetryPolicy, type RetryTiming } from '../retry.ts';
import { decimal, fields, flag, listOf, text, whole } from './field.ts';

const ATTEMPTS_MAX = 50;
const DELAY_SECONDS_MAX = 604_800;
const FACTOR_MAX = 100;
const AGE_SECONDS_MIN = 60;
const AGE_SECONDS_MAX = 2_592_000;
const RETRY_ON_MAX = 50;
const RETRY_ON =
  "network, timeout, a status from 300 to 599 such as '503', or a class: '3xx', '4xx', '5xx'";
const seconds = () => whole(0, DELAY_SECONDS_MAX, 'seconds');
const secondsAboveZero = () => whole(1, DELAY_SECONDS_MAX, 'seconds');

const backoff = fields({
  initialSeconds: z._default(secondsAboveZero(), 1),
  factor: z._default(decimal(1, FACTOR_MAX), 2),
  maxSeconds: z._default(secondsAboveZero(), 3_600),
}).check((given) => {
  const { initialSeconds, maxSeconds } = given.value;
  if (maxSeconds >= initialSeconds) return;
  const message = `${maxSeconds} is not allowed: at least initialSeconds, ${initialSeconds}`;
  given.issues.push({ code: 'custom', input: maxSeconds, path: ['maxSeconds'], message });
});

/**
 * A retry policy as a request gives it: `schedule` or `backoff`. Without `maxAttempts` a schedule
 * is played once through; with more attempts than it has delays, its last delay repeats.
 */
export const retrySchema = fields({
  maxAttempts: z.optional(whole(1, ATTEMPTS_MAX)),
  schedule: z.optional(listOf(seconds(), 0, ATTEMPTS_MAX - 1)),
  backoff: z.optional(backoff),
  jitter: z._default(decimal(0, 1), RETRY_DEFAULTS.jitter),
  retryOn: z._default(
    listOf(text(/^(network|timeout|[345](\d\d|xx))$/, 7, RETRY_ON), 0, RETRY_ON_MAX),
    [...RETRY_DEFAULTS.retryOn],
  ),
  honourRetryAfter: z._default(flag(), RETRY_DEFAULTS.honourRetryAfter),
  maxAgeSeconds: z._default(
    whole(AGE_SECONDS_MIN, AGE_SECONDS_MAX, 'seconds'),
    RETRY_DEFAULTS.maxAgeSeconds,
  ),
}).check((given) => {
  const { schedule, backoff: alternative, maxAttempts = 1 } = given.value;
  const wrong = (path: string, message: string) =>
    given.issues.push({ code: 'custom', input: undefined, path: [path], message });
  if (schedule !== undefined && alternative !== undefined) {
    wrong('backoff', 'is not allowed beside schedule: give one of the two');
  }
  if (schedule?.length === 0 && maxAttempts > 1) {
    wrong('schedule', `is empty: ${maxAttempts} attempts need at least one delay between them`);
  }
});

/** The policy of the domain. */
export function retryOf(parsed: z.output<typeof retrySchema>): RetryPolicy {
  const { jitter, retryOn, honourRetryAfter, maxAgeSeconds } = parsed;
  const timing = timingOf(parsed);
  const attempts =
    parsed.schedule === undefined ? RETRY_DEFAULTS.maxAttempts : parsed.schedule.length + 1;
  return {
    maxAttempts: parsed.maxAttempts ?? attempts,
    timing,
    jitter,
    retryOn,
    honourRetryAfter,
    maxAgeSeconds,
  };
}

function timingOf({ schedule, backoff: given }: z.output<typeof retrySchema>): RetryTiming {
  if (given !== undefined) return { kind: 'backoff', ...given };
  return schedule === undefined ? RETRY_DEFAULTS.timing : { kind: 'schedule', seconds: schedule };
}
