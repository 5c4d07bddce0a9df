import type { Clock } from '../../lib/app/ports.ts';
import type {
  BreakerReport,
  Breakers,
  ConcurrencyLimits,
  Drains,
  RateLimits,
} from '../../lib/app/ports-outage.ts';
import {
  type Breaker,
  type BreakerRef,
  type Bucket,
  newBreaker,
  type ProbeLease,
  type Transition,
} from '../../lib/domain/breaker.ts';
import { SKEW_MS } from '../../lib/domain/breaker-gate.ts';
import type { Drain } from '../../lib/domain/drain.ts';
import { callRate, callsLeft, waitUs } from '../../lib/domain/rate-limit.ts';

const REPORTERS_MAX = 16;
const HISTORY_KEPT_MS = 90 * 86_400_000;

interface Row {
  readonly breaker: Breaker;
  readonly ring: ReadonlyMap<number, Bucket>;
}

/** Breakers in memory. Without a clock their history is kept for ever. */
export function fakeBreakers(clock: Pick<Clock, 'nowMs'> = { nowMs: () => 0 }): Breakers {
  const rows = new Map<string, Row>();
  const transitions = new Map<string, Map<number, Transition>>();
  const find = (ref: BreakerRef) => rows.get(keyOf(ref))?.breaker;
  const set = (breaker: Breaker, ring = rows.get(keyOf(breaker))?.ring ?? new Map()) => {
    const buckets = [...ring.entries()].sort(([a], [b]) => a - b).map(([, bucket]) => bucket);
    rows.set(keyOf(breaker), { breaker: structuredClone({ ...breaker, buckets }), ring });
  };
  return {
    async board() {
      return [...rows.values()]
        .filter(({ breaker }) => isOnBoard(breaker))
        .sort((a, b) => (keyOf(a.breaker) < keyOf(b.breaker) ? -1 : 1))
        .map(({ breaker: b }) => ({
          ...{ tenant: b.tenant, integrationId: b.integrationId, target: b.target },
          ...{ state: b.state, version: b.version, sinceMs: b.sinceMs },
          ...{ openUntilMs: b.openUntilMs, notBeforeMs: b.notBeforeMs },
          ...{ suspectSinceMs: b.suspectSinceMs, slowUntilMs: b.slowUntilMs },
        }));
    },
    async load(ref) {
      return structuredClone(find(ref));
    },
    async report(ref, report) {
      const breaker = find(ref) ?? newBreaker(ref);
      const counts = breaker.state === 'closed' || breaker.state === 'metrics-only';
      if (!counts || breaker.sinceMs > report.firstStartedAtMs) return { kind: 'late', breaker };
      const isWatched = breaker.state === 'metrics-only' || breaker.suspectSinceMs !== undefined;
      if (!isWatched && report.counts.failures + report.counts.slow === 0)
        return { kind: 'counted', breaker };
      const watched = isWatched ? breaker : { ...breaker, suspectSinceMs: report.nowMs };
      set(withCounts(watched, report), withBucket(rows.get(keyOf(ref))?.ring, report));
      return { kind: 'counted', breaker: structuredClone(find(ref) ?? watched) };
    },
    async move(next) {
      const stored = find(next);
      if ((stored?.version ?? 0) !== next.version - 1) return 'stale';
      const { totals, lastFailureAtMs } = stored ?? newBreaker(next);
      const unwatched = { suspectSinceMs: undefined, consecutiveFailures: 0, reporters: [] };
      const opened = next.totals.opened;
      set({ ...next, ...unwatched, lastFailureAtMs, totals: { ...totals, opened } }, new Map());
      return 'moved';
    },
    async lease(ref, { version, room, successes, failures }, lease) {
      const breaker = find(ref);
      const halfOpen = breaker?.halfOpen;
      if (breaker === undefined || halfOpen === undefined) return 'refused';
      const isSeen = halfOpen.successes === successes && halfOpen.failures === failures;
      if (breaker.version !== version || !isSeen) return 'refused';
      if (halfOpen.leases.some((one) => isSame(one, lease))) return 'taken';
      if (halfOpen.leases.length >= room) return 'refused';
      const leases = [...halfOpen.leases, lease].sort(byExpiry);
      set({ ...breaker, halfOpen: { ...halfOpen, leases } });
      return 'taken';
    },
    async clear(ref, version, leases) {
      const breaker = find(ref);
      if (breaker?.halfOpen === undefined || breaker.version !== version) return;
      set(without(breaker, leases));
    },
    async settle(ref, version, lease, outcome) {
      const breaker = find(ref);
      const held = breaker?.halfOpen?.leases.some((one) => isSame(one, lease)) ?? false;
      if (breaker === undefined || breaker.version !== version || !held) return 'late';
      const next = without(breaker, [lease]);
      set(outcome === 'neutral' ? next : withResult(next, outcome === 'success'));
      return structuredClone(find(ref) ?? next);
    },
    async pause(ref, notBeforeMs) {
      const breaker = find(ref) ?? newBreaker(ref);
      if (notBeforeMs > breaker.notBeforeMs) set({ ...breaker, notBeforeMs });
    },
    async pauseSeen(ref, notBeforeMs) {
      const breaker = find(ref);
      if (breaker?.notBeforeMs === notBeforeMs) set({ ...breaker, notBeforeMs: 0 });
    },
    async linger(ref, slowUntilMs) {
      const breaker = find(ref) ?? newBreaker(ref);
      if (slowUntilMs > breaker.slowUntilMs) set({ ...breaker, slowUntilMs });
    },
    async reject(ref, count) {
      const breaker = find(ref);
      if (breaker === undefined) return;
      const { totals } = breaker;
      set({ ...breaker, totals: { ...totals, rejected: totals.rejected + count } });
    },
    async calm(seen) {
      const breaker = find(seen);
      if (breaker === undefined || !isWellStill(breaker, seen)) return;
      const well = { suspectSinceMs: undefined, notBeforeMs: 0, slowUntilMs: 0 };
      set({ ...breaker, ...well, consecutiveFailures: 0, reporters: [] }, new Map());
    },
    async published(ref, version) {
      const breaker = find(ref);
      if (breaker?.version === version) set({ ...breaker, unpublished: undefined });
    },
    async record(ref, transition) {
      const own = transitions.get(keyOf(ref)) ?? new Map<number, Transition>();
      transitions.set(keyOf(ref), own.set(transition.version, structuredClone(transition)));
    },
    async history(ref, { after, limit }) {
      const all = [...(transitions.get(keyOf(ref))?.values() ?? [])];
      const shown = all
        .filter(({ atMs }) => atMs > clock.nowMs() - HISTORY_KEPT_MS)
        .filter(({ version }) => after === undefined || version < Number(after))
        .sort((a, b) => b.version - a.version);
      const items = structuredClone(shown.slice(0, limit));
      const last = items.at(-1);
      return { items, next: shown.length > limit && last ? String(last.version) : undefined };
    },
  };
}

function keyOf({ integrationId, target }: BreakerRef): string {
  return `${integrationId}~${target}`;
}

function isOnBoard(breaker: Breaker): boolean {
  const isMarked = breaker.notBeforeMs > 0 || breaker.slowUntilMs > 0;
  const isWatched = breaker.suspectSinceMs !== undefined || breaker.unpublished !== undefined;
  return breaker.state !== 'closed' || isMarked || isWatched;
}

function isWellStill(breaker: Breaker, seen: Breaker): boolean {
  return (
    breaker.state === 'closed' &&
    breaker.unpublished === undefined &&
    breaker.version === seen.version &&
    breaker.lastFailureAtMs === seen.lastFailureAtMs &&
    breaker.totals.failures === seen.totals.failures &&
    breaker.notBeforeMs === seen.notBeforeMs &&
    breaker.slowUntilMs === seen.slowUntilMs
  );
}

function withCounts(breaker: Breaker, { counts, reporter, nowMs }: BreakerReport): Breaker {
  const { failures, successes, slow, trailingFailures, hadSuccess } = counts;
  const { totals, reporters, consecutiveFailures } = breaker;
  const signs = reporters.length < REPORTERS_MAX && !reporters.includes(reporter);
  return {
    ...breaker,
    lastFailureAtMs: failures + slow > 0 ? nowMs : breaker.lastFailureAtMs,
    consecutiveFailures: (hadSuccess ? 0 : consecutiveFailures) + trailingFailures,
    reporters: signs ? [...reporters, reporter].sort() : reporters,
    totals: {
      ...totals,
      calls: totals.calls + failures + successes,
      failures: totals.failures + failures,
    },
  };
}

function withBucket(
  ring: ReadonlyMap<number, Bucket> = new Map(),
  { counts, place }: BreakerReport,
): ReadonlyMap<number, Bucket> {
  const old = ring.get(place.index);
  if (old !== undefined && old.startMs > place.startMs) return ring;
  const { failures, successes, slow } = counts;
  const same = old?.startMs === place.startMs ? old : { failures: 0, successes: 0, slow: 0 };
  return new Map(ring).set(place.index, {
    startMs: place.startMs,
    failures: same.failures + failures,
    successes: same.successes + successes,
    slow: same.slow + slow,
  });
}

function withResult(breaker: Breaker, ok: boolean): Breaker {
  const { halfOpen, totals } = breaker;
  return {
    ...breaker,
    halfOpen: halfOpen && {
      ...halfOpen,
      successes: halfOpen.successes + (ok ? 1 : 0),
      failures: halfOpen.failures + (ok ? 0 : 1),
    },
    totals: {
      ...totals,
      calls: totals.calls + 1,
      failures: totals.failures + (ok ? 0 : 1),
    },
  };
}

function without(breaker: Breaker, gone: readonly ProbeLease[]): Breaker {
  const { halfOpen } = breaker;
  if (halfOpen === undefined) return breaker;
  const leases = halfOpen.leases.filter((lease) => !gone.some((one) => isSame(one, lease)));
  return { ...breaker, halfOpen: { ...halfOpen, leases } };
}

function isSame(a: ProbeLease, b: ProbeLease): boolean {
  return a.owner === b.owner && a.expiresAtMs === b.expiresAtMs;
}

function byExpiry(a: ProbeLease, b: ProbeLease): number {
  return a.expiresAtMs - b.expiresAtMs || (a.owner < b.owner ? -1 : 1);
}

/** Rate limits in memory. */
export function fakeRateLimits(): RateLimits {
  const usedUpUs = new Map<string, number>();
  return {
    async take(integrationId, { perSecond, count, debtMs }, nowMs) {
      const rate = callRate(perSecond, debtMs);
      const nowUs = nowMs * 1000;
      const usedUs = usedUpUs.get(integrationId) ?? 0;
      const granted = Math.min(count, callsLeft(rate, usedUs, nowUs));
      const nextUs = granted > 0 ? Math.max(usedUs, nowUs) + granted * rate.callUs : usedUs;
      usedUpUs.set(integrationId, nextUs);
      const waitMs = granted >= count ? 0 : Math.ceil(waitUs(rate, nextUs, nowUs) / 1000);
      return { granted, waitMs };
    },
  };
}

/** Concurrency limits in memory. */
export function fakeConcurrencyLimits(): ConcurrencyLimits {
  const taken = new Map<string, Map<string, number>>();
  return {
    async take(integrationId, { max, count, owner, expiresAtMs }, nowMs) {
      const places = taken.get(integrationId) ?? new Map<string, number>();
      taken.set(integrationId, places);
      for (const [place, endsAtMs] of places) {
        if (endsAtMs + SKEW_MS < nowMs) places.delete(place);
      }
      const asked = Array.from({ length: count }, (_, n) => `${expiresAtMs}~${owner}~${n}`);
      const had = asked.filter((place) => places.has(place));
      if (had.length > 0) return had;
      const own = asked.slice(0, Math.max(max - places.size, 0));
      for (const place of own) places.set(place, expiresAtMs);
      return own;
    },
    async give(integrationId, places) {
      for (const place of places) taken.get(integrationId)?.delete(place);
    },
  };
}

/** Drains in memory. */
export function fakeDrains(): Drains {
  const rows = new Map<string, Drain>();
  return {
    async load(integrationId) {
      return structuredClone(rows.get(integrationId));
    },
    async save(next) {
      if ((rows.get(next.integrationId)?.step ?? 0) !== next.step - 1) return 'stale';
      rows.set(next.integrationId, structuredClone(next));
      return 'saved';
    },
    async remove({ integrationId, step }) {
      if (rows.get(integrationId)?.step === step) rows.delete(integrationId);
    },
  };
}
