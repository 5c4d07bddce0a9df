import { type HealthFacts, healthOf } from '../domain/health.ts';
import { currentCheck } from '../domain/health-check.ts';
import { figuresOf, type Sample, WINDOWS_MS } from '../domain/health-figures.ts';
import { stretches } from '../domain/health-sample.ts';
import { type IntegrationId, SHARDS } from '../domain/ids.ts';
import { instantOrNull } from '../domain/instant.ts';
import type { Slice } from '../domain/stats-sample.ts';
import { breakerView } from './breaker-views.ts';
import { concurrently } from './concurrently.ts';
import { fallbackFacts, type HealthFallbackDeps } from './health-fallbacks.ts';
import { integrationRegistry, type SecretDeps } from './integration-secrets.ts';
import { find } from './named-registry.ts';
import type { Clock } from './ports.ts';
import type { HealthChecks } from './ports-health.ts';
import type { Deliveries } from './ports-history.ts';
import type { Breakers } from './ports-outage.ts';
import { loadBreaker, primaryOf } from './targets.ts';
import type { Caller } from './tenancy.ts';

export interface IntegrationHealthDeps extends Pick<SecretDeps, 'integrations'> {
  readonly board: HealthFallbackDeps['board'];
  readonly deliveries: Pick<Deliveries, 'ofIntegration' | 'sample' | 'held'>;
  readonly breakers: Pick<Breakers, 'load'>;
  readonly healthChecks: Pick<HealthChecks, 'load'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Deliveries read in any case, newest first: figures of no more than these in a day are exact. */
export const NEWEST_MAX = 500;
/** Of each stretch of time before those; eight times as many are counted, more are not. */
export const SAMPLE_MAX = 100;
/** Held deliveries that are counted. */
export const HELD_MAX = 500;
const WIDTH = 16;

/**
 * How the integration is, from what its history shows now: nothing is written for it with a
 * delivery, and what is read is bounded, however busy it is.
 */
export async function integrationHealth(deps: IntegrationHealthDeps, caller: Caller, ref: string) {
  const integration = await find(integrationRegistry(deps), caller, ref);
  const { id: integrationId, healthCheck } = integration;
  const nowMs = deps.clock.nowMs();
  const [breaker, check, read, held] = await Promise.all([
    loadBreaker(deps.breakers, primaryOf(integration)),
    healthCheck === undefined ? undefined : deps.healthChecks.load(integrationId),
    readDay(deps, integrationId, nowMs),
    deps.deliveries.held({ integrationId, limit: HELD_MAX }),
  ]);
  const fallbacks = await fallbackFacts(deps, integration, breaker);
  const figures = figuresOf(read.samples, nowMs);
  const facts: HealthFacts = {
    ...{ integration, breaker, fallbacks, figures, nowMs },
    check: healthCheck && currentCheck(check, healthCheck, nowMs),
    held: held.length,
  };
  const { status, reasons } = healthOf(facts);
  const { m5, h1, h24 } = figures.windows;
  const { state, openUntil, reason } = breakerView(integration, breaker, nowMs);
  return {
    status,
    reasons,
    breaker: { state, openUntil, reason },
    successRate: { m5: m5.rate, h1: h1.rate, h24: h24.rate },
    latencyMs: figures.latencyMs,
    counts: { ...figures.counts, held: held.length },
    lastSuccessAt: instantOrNull(figures.lastSuccessAtMs),
    lastFailureAt: instantOrNull(lastFailureAtMs(facts)),
    lastError: figures.lastError ?? null,
    lastProbeAt: instantOrNull(check?.result?.atMs),
    sampled: read.sampled,
  };
}

/** The newest deliveries, of whatever age; if the day has more, a part of each stretch before. */
async function readDay(
  deps: IntegrationHealthDeps,
  integrationId: IntegrationId,
  nowMs: number,
): Promise<{ readonly samples: readonly Sample[]; readonly sampled: boolean }> {
  const page = await deps.deliveries.ofIntegration({ integrationId, range: {}, limit: NEWEST_MAX });
  const newest = page.items.map((item) => ({ ...item, weight: 1 }));
  const oldestMs = page.items.at(-1)?.acceptedAtMs ?? 0;
  if (page.next === undefined || oldestMs < nowMs - WINDOWS_MS.h24) {
    return { samples: newest, sampled: false };
  }
  const before = await concurrently(stretches(nowMs, oldestMs), WIDTH, (stretch) =>
    readStretch(deps, integrationId, stretch),
  );
  return { samples: [...newest, ...before.flat()], sampled: true };
}

async function readStretch(
  deps: IntegrationHealthDeps,
  integrationId: IntegrationId,
  stretch: Slice,
): Promise<readonly Sample[]> {
  const { shard, ...range } = stretch;
  const items = await deps.deliveries.sample({ integrationId, shard, range, limit: SAMPLE_MAX });
  return items.map((item) => ({ ...item, weight: SHARDS }));
}

/** Its breaker also remembers failures of deliveries that have arrived since. */
function lastFailureAtMs({ figures, breaker }: HealthFacts): number | undefined {
  // A slow call counts there as well: without any failure it was none.
  const counted = breaker.totals.failures > 0 ? breaker.lastFailureAtMs : 0;
  const atMs = Math.max(figures.lastFailureAtMs ?? 0, counted);
  return atMs === 0 ? undefined : atMs;
}
