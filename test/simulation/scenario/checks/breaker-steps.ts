import {
  BREAKER_ACTOR,
  type Breaker,
  type BreakerConfig,
  type BreakerState,
  PRIMARY_TARGET,
  type Transition,
} from '../../../../lib/domain/breaker.ts';
import { SKEW_MS_MAX } from '../../kernel/process.ts';
import type { BreakerChange } from '../breaker-watch.ts';

/** What one stored change of a breaker may be. All times compared here are the rows' own. */

const HOUR_MS = 3_600_000;
/**
 * A 503 may ask for an hour, reckoned before the breaker opened: a clock that jumps back in between
 * makes it longer. Chance adds up to a fifth to any other open period.
 */
const DOWN_MS_MAX = HOUR_MS + 2 * SKEW_MS_MAX;
const JITTER = 0.2;
/** Nothing needed a fallback for so long since it could be probed: it is closed. */
const UNNEEDED_MS = HOUR_MS;
const DOWN = 'It answered 503 with Retry-After.';
const UNNEEDED = 'Nothing has needed it for an hour since it could be probed.';
const FROM_ANY = new Set([
  'The breaker was switched off.',
  'The integration was deleted.',
  'The fallback was taken out.',
]);
const BY_HAND: ReadonlySet<BreakerState> = new Set([
  'closed',
  'forced-open',
  'disabled',
  'metrics-only',
]);
/** Rounding. */
const MOMENT_MS = 2;

type Standing = Pick<Breaker, 'state' | 'version' | 'sinceMs' | 'openUntilMs' | 'openCount'>;

const NONE: Standing = {
  ...{ state: 'closed', version: 0, sinceMs: 0 },
  ...{ openUntilMs: undefined, openCount: 0 },
};

/** What is wrong with it; undefined: nothing. `config` is that of the breaker's integration. */
export function wrongStep(
  { before, after }: Pick<BreakerChange, 'before' | 'after'>,
  config: BreakerConfig,
): string | undefined {
  if (after === undefined) return 'its row is gone';
  const from = before ?? NONE;
  const lost = (before?.totals.failures ?? 0) > after.totals.failures;
  if (lost) return `of ${before?.totals.failures} failures ${after.totals.failures} are left`;
  if (after.version === from.version) {
    return wrongStay(from, after) ?? wrongResult(before, after) ?? wrongPlaces(after, config);
  }
  if (after.version !== from.version + 1) return `from version ${from.version} to ${after.version}`;
  const { last } = after;
  if (last === undefined) return `version ${after.version} without its transition`;
  const isOfThis =
    last.from === from.state && last.to === after.state && last.version === after.version;
  if (!isOfThis) return `${from.state} to ${after.state}, told as ${last.from} to ${last.to}`;
  if (last.atMs !== after.sinceMs) return `since ${after.sinceMs}, told as ${last.atMs}`;
  const wrong = last.actor === BREAKER_ACTOR ? wrongMove(from, after, last) : wrongOrder(last);
  return wrong ?? wrongPeriod(from, after, config) ?? wrongPlaces(after, config);
}

function wrongStay(from: Standing, after: Breaker): string | undefined {
  const isSame =
    after.state === from.state &&
    after.sinceMs === from.sinceMs &&
    after.openUntilMs === from.openUntilMs;
  return isSame ? undefined : `${from.state} to ${after.state} without a transition`;
}

/** Each result of a probe takes the probe's own place. */
function wrongResult(before: Breaker | undefined, after: Breaker): string | undefined {
  const [was, is] = [before?.halfOpen, after.halfOpen];
  if (was === undefined || is === undefined) return undefined;
  const results = is.successes + is.failures - was.successes - was.failures;
  const left = new Set(is.leases.map(({ owner }) => owner));
  const gone = was.leases.filter(({ owner }) => !left.has(owner)).length;
  return results <= gone ? undefined : `${results} results of probes, ${gone} places less`;
}

function wrongOrder({ from, to }: Transition): string | undefined {
  return BY_HAND.has(to) ? undefined : `${from} to ${to} by hand`;
}

/** What the breaker itself decides. */
function wrongMove(from: Standing, after: Breaker, { reason }: Transition): string | undefined {
  const move = `${from.state} to ${after.state}`;
  if (after.state === 'closed' && FROM_ANY.has(reason)) return undefined;
  switch (move) {
    case 'closed to open':
    case 'half-open to open':
    case 'half-open to closed':
      return undefined;
    case 'open to half-open':
    case 'forced-open to half-open': {
      const { openUntilMs = Number.POSITIVE_INFINITY } = from;
      const earlyMs = openUntilMs - after.sinceMs;
      return earlyMs > 0 ? `${move}, ${earlyMs} ms before its end` : undefined;
    }
    case 'open to closed':
    case 'forced-open to closed': {
      const dueMs = (from.openUntilMs ?? Number.POSITIVE_INFINITY) + UNNEEDED_MS;
      const isRight = reason === UNNEEDED && after.target !== PRIMARY_TARGET;
      return isRight && after.sinceMs >= dueMs ? undefined : `${move}: ${reason}`;
    }
    default:
      return `${move}: ${reason}`;
  }
}

/** How long it is open, and how many open periods that makes. */
function wrongPeriod(from: Standing, after: Breaker, config: BreakerConfig): string | undefined {
  const { state, openUntilMs, sinceMs, openCount, last } = after;
  if (state !== 'open') return undefined;
  if (openUntilMs === undefined) return 'open without an end';
  const isFirst = from.state === 'closed' && openCount === 1;
  if (openCount !== from.openCount + 1 && !isFirst) {
    return `open for the ${openCount}th time in a row after ${from.openCount}`;
  }
  const seconds = Math.min(config.openSeconds * 2 ** (openCount - 1), config.maxOpenSeconds);
  const forMs = openUntilMs - sinceMs;
  const mostMs = Math.max(seconds * 1_000 * (1 + JITTER), DOWN_MS_MAX);
  if (forMs < seconds * 1_000 - MOMENT_MS || forMs > mostMs + MOMENT_MS) {
    return `open for ${forMs} ms, for the ${openCount}th time in a row`;
  }
  return from.state === 'closed' && last ? wrongReason(last, config) : undefined;
}

/** Whether what made it open was enough; the discount only asks for more. */
function wrongReason({ reason, window }: Transition, config: BreakerConfig): string | undefined {
  const { calls, failureRate, slowRate } = window;
  const inARow = Number(/^(\d+) calls in a row failed/.exec(reason)?.[1] ?? 0);
  const isEnough =
    reason === DOWN ||
    inARow >= config.consecutiveFailures ||
    (calls >= config.minimumCalls &&
      ((failureRate ?? 0) >= config.failureRateThreshold ||
        (slowRate ?? 0) >= config.slowCallRateThreshold));
  return isEnough ? undefined : `opened though: ${reason} ${JSON.stringify(window)}`;
}

/** Never more probes, under way and over, than there may be; and none in another state. */
function wrongPlaces({ state, halfOpen }: Breaker, config: BreakerConfig): string | undefined {
  if (state !== 'half-open') return halfOpen && `${state} with probes`;
  const { successes = 0, failures = 0, leases = [] } = halfOpen ?? {};
  const places = successes + failures + leases.length;
  if (places <= config.halfOpenCalls) return undefined;
  return `${places} probes of ${config.halfOpenCalls}`;
}
