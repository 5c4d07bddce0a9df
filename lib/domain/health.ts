import type { Breaker } from './breaker.ts';
import {
  type FallbackFacts,
  fallbackTroubles,
  nameOf,
  openness,
  standIn,
} from './health-fallbacks.ts';
import type { HealthFigures, HealthWindow } from './health-figures.ts';
import { instant } from './instant.ts';
import type { Integration } from './integration.ts';

/** How an integration is, and why one thinks so. */

export const HEALTH_STATUSES = ['healthy', 'degraded', 'down', 'paused', 'unknown'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** What asking an integration itself came to. */
export interface CheckResult {
  readonly ok: boolean;
  readonly atMs: number;
  readonly statusCode: number | null;
  /** As of an attempt; `http` for a status that was not expected. */
  readonly error: string | null;
  readonly latencyMs: number;
}

export interface CheckFacts {
  /** Absent until the first check is made. */
  readonly result?: CheckResult;
  readonly failuresInRow: number;
}

export interface HealthFacts {
  readonly integration: Pick<Integration, 'status' | 'disabledReason' | 'breaker'>;
  readonly breaker: Breaker;
  /** Links of its fallback chain that take deliveries. */
  readonly fallbacks: readonly FallbackFacts[];
  /** Undefined: the integration has no health check. */
  readonly check: CheckFacts | undefined;
  readonly figures: HealthFigures;
  /** Held deliveries found. */
  readonly held: number;
  readonly nowMs: number;
}

export interface Health {
  readonly status: HealthStatus;
  /** One sentence each, what weighs most first; empty if all is well. */
  readonly reasons: readonly string[];
}

/** A lower share of success than this is trouble. */
const SUCCESS_RATE_MIN = 0.95;
/** Fewer outcomes than these are no trend. */
const OUTCOMES_MIN = 3;

/** The worst that any fact says. */
export function healthOf(facts: HealthFacts): Health {
  const { integration, figures, check } = facts;
  if (integration.status !== 'active') {
    return { status: 'paused', reasons: [pausedReason(integration)] };
  }
  const diverted = divertedTo(facts);
  const shut = breakerDown(facts);
  const outcomes = outcomesDown(facts);
  // What is not sent to it arrives all the same.
  const asked = diverted === undefined ? checkDown(facts) : undefined;
  const down = present(diverted === undefined ? shut : undefined, outcomes, asked);
  const degraded = present(
    diverted === undefined ? undefined : shut,
    breakerDegraded(facts),
    diverted ?? lately(figures),
    pause(facts),
    outcomes === undefined ? lowRate(figures) : undefined,
    slow(facts),
    backlog(facts),
    asked === undefined ? checkFailed(check) : undefined,
    ...fallbackTroubles(facts.fallbacks, facts.nowMs),
  );
  if (down.length > 0) return { status: 'down', reasons: [...down, ...degraded] };
  if (degraded.length > 0) return { status: 'degraded', reasons: degraded };
  if (figures.windows.h24.count > 0 || check?.result !== undefined) {
    return { status: 'healthy', reasons: [] };
  }
  const checked = check === undefined ? 'there is no health check' : 'no health check was made yet';
  return { status: 'unknown', reasons: [`Nothing was attempted for 24 hours, and ${checked}.`] };
}

function present(...reasons: readonly (string | undefined)[]): readonly string[] {
  return reasons.filter((reason) => reason !== undefined);
}

function pausedReason({ status, disabledReason }: HealthFacts['integration']): string {
  if (status === 'paused') return 'The integration is paused.';
  return `The integration is disabled${disabledReason === null ? '.' : `: ${disabledReason}`}`;
}

/** A breaker that is switched off in the configuration stops nothing. */
function acting({ integration, breaker }: HealthFacts): Breaker | undefined {
  return integration.breaker.enabled ? breaker : undefined;
}

function breakerDown(facts: HealthFacts): string | undefined {
  const breaker = acting(facts);
  const how = breaker && openness(breaker, facts.nowMs);
  return how === undefined ? undefined : `The breaker is ${how}${because(facts.breaker)}`;
}

function divertedTo(facts: HealthFacts): string | undefined {
  const breaker = acting(facts);
  const taker = breaker && standIn(breaker, facts.fallbacks);
  return taker && `Deliveries go to ${nameOf(taker)} meanwhile.`;
}

/** Its endpoint may fail unnoticed by its breaker: what it refuses says that it is alive. */
function lately({ newest: { count, diverted } }: HealthFigures): string | undefined {
  if (diverted === 0) return undefined;
  return `A fallback took ${diverted} of the last ${count} deliveries attempted.`;
}

function breakerDegraded(facts: HealthFacts): string | undefined {
  const breaker = acting(facts);
  if (breaker?.state === 'half-open') return `The breaker is half-open${because(breaker)}`;
  if (breaker?.state !== 'closed' || breaker.suspectSinceMs === undefined) return undefined;
  return `Calls have been failing since ${instant(breaker.suspectSinceMs)}; the breaker watches.`;
}

function because({ last }: Breaker): string {
  return last === undefined || last.reason === '' ? '.' : `: ${last.reason}`;
}

/** Nothing arrives: within five minutes, or else of the last outcomes, whenever they were. */
function outcomesDown({ figures, check }: HealthFacts): string | undefined {
  const { m5 } = figures.windows;
  if (m5.count >= OUTCOMES_MIN) {
    return m5.rate === 0 ? 'Nothing accepted in the last 5 minutes was delivered.' : undefined;
  }
  const { count, delivered } = figures.newest;
  if (count < OUTCOMES_MIN || delivered > 0) return undefined;
  // Asked since, it said that it is well.
  const result = check?.result;
  if (result?.ok === true && result.atMs > (figures.lastFailureAtMs ?? 0)) return undefined;
  return `None of the last ${count} deliveries attempted was delivered.`;
}

function checkDown({ check, figures }: HealthFacts): string | undefined {
  const { atMs = 0 } = check?.result ?? {};
  return (figures.lastSuccessAtMs ?? 0) >= atMs ? undefined : checkFailed(check);
}

function checkFailed(check: CheckFacts | undefined): string | undefined {
  if (check?.result === undefined || check.result.ok) return undefined;
  const { statusCode, error } = check.result;
  const why = error === null || error === 'http' ? `status ${statusCode}` : error;
  const often = check.failuresInRow > 1 ? ` ${check.failuresInRow} times in a row` : '';
  return `The health check failed${often}: ${why}.`;
}

const WINDOW_NAMES: Readonly<Record<HealthWindow, string>> = {
  m5: '5 minutes',
  h1: 'hour',
  h24: '24 hours',
};

/** By the shortest window that shows a trend; else by all there is. */
function lowRate({ windows }: HealthFigures): string | undefined {
  const shown = (['m5', 'h1'] as const).find((window) => windows[window].count >= OUTCOMES_MIN);
  const window = shown ?? 'h24';
  const { rate } = windows[window];
  if (rate === null || rate >= SUCCESS_RATE_MIN) return undefined;
  const percent = Math.floor(rate * 1_000) / 10;
  return `${percent} % of what was accepted in the last ${WINDOW_NAMES[window]} was delivered.`;
}

function slow({ figures, integration }: HealthFacts): string | undefined {
  const { p95 } = figures.latencyMs;
  const { slowCallSeconds } = integration.breaker;
  if (p95 === null || p95 <= slowCallSeconds * 1_000) return undefined;
  return `One in twenty attempts takes ${p95} ms or more; ${slowCallSeconds} s is slow.`;
}

function pause({ breaker, nowMs }: HealthFacts): string | undefined {
  const untilMs = breaker.notBeforeMs;
  return untilMs > nowMs ? `It asked for a pause until ${instant(untilMs)}.` : undefined;
}

function backlog({ held }: HealthFacts): string | undefined {
  if (held === 0) return undefined;
  return held === 1 ? 'One delivery is held.' : `${held} deliveries are held.`;
}
