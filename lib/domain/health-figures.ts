import { PRIMARY_TARGET } from './breaker.ts';
import type { Delivery } from './delivery.ts';
import { targetName } from './target.ts';

/** How an integration did, in figures, from what its history shows of it. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The windows that success is told for; nothing older counts. */
export const WINDOWS_MS = { m5: 5 * MINUTE_MS, h1: HOUR_MS, h24: 24 * HOUR_MS } as const;
export type HealthWindow = keyof typeof WINDOWS_MS;

/** The newest attempt of a delivery, as a list knows it. */
export interface LastAttempt {
  readonly endedAtMs: number;
  readonly latencyMs: number;
  /** `timeout`, or the status that came instead of 2xx: `503`. Null: it went well. */
  readonly error: string | null;
}

/** Undefined where there was none, and where one that went well is to be made again. */
export function lastAttemptOf({ attempts, state }: Delivery): LastAttempt | undefined {
  const attempt = attempts.at(-1);
  if (attempt === undefined) return undefined;
  const { startedAtMs, latencyMs, error, statusCode } = attempt;
  if (attempt.outcome !== 'success') {
    // An answer of somebody else, such as a token endpoint, has no status of the service.
    const isStatus = statusCode !== null && (error === null || error === 'http');
    const text = isStatus ? String(statusCode) : (error ?? 'http');
    return { endedAtMs: startedAtMs + latencyMs, latencyMs, error: text };
  }
  if (state.status !== 'delivered') return undefined;
  return { endedAtMs: state.completedAtMs, latencyMs, error: null };
}

/** A delivery that was read, and how many like it it stands for. */
export type Sample = Pick<Delivery, 'acceptedAtMs' | 'state'> & {
  readonly lastAttempt?: LastAttempt;
  readonly weight: number;
};

export interface Outcomes {
  /** Deliveries read that had an attempt. */
  readonly count: number;
  /** Share that was delivered, 0–1, weighted; null without any. */
  readonly rate: number | null;
}

export interface HealthFigures {
  /** By acceptance. */
  readonly windows: Readonly<Record<HealthWindow, Outcomes>>;
  /** The newest ten outcomes of 24 hours, by the end of their attempt. */
  readonly newest: {
    readonly count: number;
    readonly delivered: number;
    /** Of those delivered: by a fallback. */
    readonly diverted: number;
  };
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null };
  /** Of 24 hours; what waits is what is queued, being attempted or to be tried again. */
  readonly counts: {
    readonly delivered: number;
    readonly failed: number;
    readonly waiting: number;
  };
  readonly lastSuccessAtMs: number | undefined;
  readonly lastFailureAtMs: number | undefined;
  readonly lastError: string | undefined;
}

const NEWEST = 10;
const PRIMARY = targetName(PRIMARY_TARGET);

export function figuresOf(samples: readonly Sample[], nowMs: number): HealthFigures {
  const day = samples.filter(({ acceptedAtMs }) => acceptedAtMs >= nowMs - WINDOWS_MS.h24);
  const within = (window: HealthWindow) =>
    outcomesOf(day.filter(({ acceptedAtMs }) => acceptedAtMs >= nowMs - WINDOWS_MS[window]));
  const newest = day
    .filter((sample) => isGood(sample) !== undefined)
    .sort((a, b) => endOf(b) - endOf(a))
    .slice(0, NEWEST);
  const failure = latest(samples.filter(({ lastAttempt }) => failed(lastAttempt)));
  const success = latest(samples.filter(isGood));
  return {
    windows: { m5: within('m5'), h1: within('h1'), h24: within('h24') },
    newest: {
      count: newest.length,
      delivered: newest.filter(isGood).length,
      diverted: newest.filter(isDiverted).length,
    },
    latencyMs: latencies(day, nowMs),
    counts: {
      delivered: sum(day, 'delivered'),
      failed: sum(day, 'failed'),
      waiting: sum(day, 'waiting', 'queued', 'delivering'),
    },
    lastSuccessAtMs: success && completedAt(success),
    lastFailureAtMs: failure?.lastAttempt?.endedAtMs,
    lastError: failure?.lastAttempt?.error ?? undefined,
  };
}

/** Undefined: it says nothing, for it was cancelled, or not attempted. */
function isGood({ state, lastAttempt }: Sample): boolean | undefined {
  if (state.status === 'delivered') return true;
  return state.status !== 'cancelled' && failed(lastAttempt) ? false : undefined;
}

function isDiverted({ state }: Sample): boolean {
  return state.status === 'delivered' && state.via !== PRIMARY;
}

function failed(attempt: LastAttempt | undefined): boolean {
  return attempt !== undefined && attempt.error !== null;
}

function outcomesOf(samples: readonly Sample[]): Outcomes {
  const known = samples.filter((sample) => isGood(sample) !== undefined);
  const all = weightOf(known);
  const good = weightOf(known.filter(isGood));
  // Rounded down, so that 1 says that all of them arrived.
  const rate = known.length === 0 ? null : Math.floor((10_000 * good) / all) / 10_000;
  return { count: known.length, rate };
}

function weightOf(samples: readonly Sample[]): number {
  return samples.reduce((total, { weight }) => total + weight, 0);
}

function sum(samples: readonly Sample[], ...of: readonly Sample['state']['status'][]): number {
  return Math.round(weightOf(samples.filter(({ state }) => of.includes(state.status))));
}

function completedAt({ state, acceptedAtMs }: Sample): number {
  return 'completedAtMs' in state ? state.completedAtMs : acceptedAtMs;
}

function endOf(sample: Sample): number {
  return sample.lastAttempt?.endedAtMs ?? completedAt(sample);
}

function latest(samples: readonly Sample[]): Sample | undefined {
  return samples.reduce<Sample | undefined>(
    (best, sample) => (best === undefined || endOf(sample) > endOf(best) ? sample : best),
    undefined,
  );
}

/** Of the attempts that ended within the hour; where there is none, of the day. */
function latencies(day: readonly Sample[], nowMs: number) {
  const known = day.filter(({ lastAttempt }) => lastAttempt !== undefined);
  const hour = known.filter((sample) => endOf(sample) >= nowMs - HOUR_MS);
  const sorted = (hour.length > 0 ? hour : known)
    .map(({ lastAttempt, weight }) => ({ ms: lastAttempt?.latencyMs ?? 0, weight }))
    .sort((a, b) => a.ms - b.ms);
  return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}

/** The smallest value that this share of the whole weight does not exceed. */
export function percentile(
  sorted: readonly { readonly ms: number; readonly weight: number }[],
  share: number,
): number | null {
  const target = share * sorted.reduce((total, { weight }) => total + weight, 0);
  let seen = 0;
  for (const { ms, weight } of sorted) {
    seen += weight;
    if (seen >= target) return ms;
  }
  return sorted.at(-1)?.ms ?? null;
}
