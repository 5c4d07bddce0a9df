import * as z from 'zod/mini';
import { BREAKER_DEFAULTS, type BreakerConfig } from '../breaker.ts';
import { ATTEMPT_SECONDS_MAX } from '../integration.ts';
import { orDefaults, parseBody } from './body.ts';
import { choice, decimal, fields, flag, refusing, text, whole } from './field.ts';

const CALLS_MAX = 1_000;
const WINDOW_SECONDS_MIN = 10;
const WINDOW_SECONDS_MAX = 3_600;
const OPEN_SECONDS_MAX = 3_600;
const OPEN_AT_MOST_SECONDS_MAX = 86_400;
const PROBES_MAX = 100;
const SLOW_SECONDS_MIN = 0.05;
const TRIP_SECONDS_MAX = 86_400;
const REASON_CHARS_MAX = 500;

/** A share of calls: none of them is no threshold. */
const share = () => {
  const rule = refusing('a number above 0, up to 1');
  return z.number(rule).check(z.gt(0, rule), z.lte(1, rule));
};

/** A circuit breaker as a request gives it: what it leaves out has its default. */
export const breakerSchema = fields({
  enabled: z._default(flag(), BREAKER_DEFAULTS.enabled),
  failureRateThreshold: z._default(share(), BREAKER_DEFAULTS.failureRateThreshold),
  slowCallRateThreshold: z._default(share(), BREAKER_DEFAULTS.slowCallRateThreshold),
  slowCallSeconds: z._default(
    decimal(SLOW_SECONDS_MIN, ATTEMPT_SECONDS_MAX, 'seconds'),
    BREAKER_DEFAULTS.slowCallSeconds,
  ),
  minimumCalls: z._default(whole(1, CALLS_MAX), BREAKER_DEFAULTS.minimumCalls),
  windowSeconds: z._default(
    whole(
      WINDOW_SECONDS_MIN,
      WINDOW_SECONDS_MAX,
      'seconds',
      'a bucket is a tenth of the window, and at least a second long',
    ),
    BREAKER_DEFAULTS.windowSeconds,
  ),
  consecutiveFailures: z._default(whole(1, CALLS_MAX), BREAKER_DEFAULTS.consecutiveFailures),
  openSeconds: z._default(whole(1, OPEN_SECONDS_MAX, 'seconds'), BREAKER_DEFAULTS.openSeconds),
  maxOpenSeconds: z._default(
    whole(1, OPEN_AT_MOST_SECONDS_MAX, 'seconds', 'no less than openSeconds'),
    BREAKER_DEFAULTS.maxOpenSeconds,
  ),
  halfOpenCalls: z._default(
    whole(1, PROBES_MAX, '', 'without a probe it would never close again'),
    BREAKER_DEFAULTS.halfOpenCalls,
  ),
  halfOpenVerdict: z._default(choice(['any-failure', 'rate']), BREAKER_DEFAULTS.halfOpenVerdict),
}).check((given) => {
  const { openSeconds, maxOpenSeconds } = given.value;
  if (maxOpenSeconds >= openSeconds || openSeconds > OPEN_SECONDS_MAX) return;
  const message =
    `${maxOpenSeconds} is not allowed: a whole number of seconds from ` +
    `openSeconds, ${openSeconds}, to ${OPEN_AT_MOST_SECONDS_MAX}`;
  given.issues.push({ code: 'custom', input: maxOpenSeconds, path: ['maxOpenSeconds'], message });
});

export function breakerOf(parsed: z.output<typeof breakerSchema> | undefined): BreakerConfig {
  return parsed ?? BREAKER_DEFAULTS;
}

/** Why a breaker is moved by hand; for the history. */
const reason = () =>
  z.optional(
    text(
      /^\P{Cc}*$/u,
      REASON_CHARS_MAX,
      `a text of at most ${REASON_CHARS_MAX} characters, none of them a control character`,
    ),
  );

/** What a call that moves a breaker by hand may say. */
export interface BreakerOrder {
  readonly reason: string | undefined;
}

export const orderSchema = fields({ reason: reason() });

/** Reads a reset or an enabling; no body at all is one without a reason. */
export function parseBreakerOrder(body: unknown): BreakerOrder {
  return { reason: parseBody(orderSchema, orDefaults(body)).reason };
}

export const tripSchema = fields({
  reason: reason(),
  forSeconds: z.optional(whole(1, TRIP_SECONDS_MAX, 'seconds')),
});

/** Reads a trip; without `forSeconds` it holds until it is taken back. */
export function parseBreakerTrip(
  body: unknown,
): BreakerOrder & { readonly forSeconds: number | undefined } {
  const { reason: why, forSeconds } = parseBody(tripSchema, orDefaults(body));
  return { reason: why, forSeconds };
}

export const disablingSchema = fields({
  reason: reason(),
  keepCounting: z._default(flag(), false),
});

/** Reads a disabling; with `keepCounting` the breaker still counts calls, and stops none. */
export function parseBreakerDisabling(
  body: unknown,
): BreakerOrder & { readonly keepCounting: boolean } {
  const { reason: why, keepCounting } = parseBody(disablingSchema, orDefaults(body));
  return { reason: why, keepCounting };
}
