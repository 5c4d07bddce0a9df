import type { Integration } from '../domain/integration.ts';
import type { Clock, Random, Telemetry } from './ports.ts';
import type { ConcurrencyLimits, RateLimits } from './ports-outage.ts';
import { ownerName } from './random-names.ts';

export interface LimitDeps {
  readonly rateLimits: Pick<RateLimits, 'take'>;
  readonly concurrencyLimits: ConcurrencyLimits;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'bytes'>;
  readonly telemetry: Telemetry;
}

/** What an integration takes of a batch now. */
export interface Grant {
  /** Calls there is leave for; `width` of them at the same time. */
  readonly calls: number;
  readonly width: number;
  /** When the rate has room for another call, from now; 0 where it is not the rate that says no. */
  readonly waitMs: number;
  /** Gives back what was leased; to be called when the last call is over. */
  give(): Promise<void>;
}

/** A function is cut off at its deadline; its places are nobody's from then on. */
const PLACE_MARGIN_MS = 2_000;

/**
 * Asks for leave to make `count` calls, `width` at the same time, before `untilMs`. Without limits
 * nothing is asked and nothing written; without an answer from the store everything is granted.
 */
export async function askLimits(
  deps: LimitDeps,
  { id, tenant, limits }: Pick<Integration, 'id' | 'tenant' | 'limits'>,
  asked: {
    readonly count: number;
    readonly width: number;
    readonly untilMs: number;
    /** Leave by the rate is asked for elsewhere: by the drain that rang, or by each delivery. */
    readonly isPaid: boolean;
  },
): Promise<Grant> {
  const { perSecond, concurrency } = limits;
  let { count: calls, width } = asked;
  let waitMs = 0;
  let places: readonly string[] = [];
  try {
    if (concurrency !== undefined) {
      places = await deps.concurrencyLimits.take(
        id,
        {
          max: concurrency,
          count: Math.min(width, calls),
          owner: ownerName(deps.random),
          expiresAtMs: asked.untilMs + PLACE_MARGIN_MS,
        },
        deps.clock.nowMs(),
      );
      width = places.length;
      if (width === 0) calls = 0;
    }
    if (perSecond !== undefined && calls > 0 && !asked.isPaid) {
      const wanted = { perSecond, count: calls };
      const taken = await deps.rateLimits.take(id, wanted, deps.clock.nowMs());
      calls = taken.granted;
      waitMs = taken.waitMs;
    }
  } catch (error) {
    deps.telemetry.warn('limits.unavailable', { tenant, integrationId: id, error });
  }
  return {
    calls,
    width,
    waitMs,
    async give() {
      if (places.length === 0) return;
      try {
        await deps.concurrencyLimits.give(id, places);
      } catch (error) {
        // They come back by themselves when their time is over.
        deps.telemetry.warn('limits.unavailable', { tenant, integrationId: id, error });
      }
    },
  };
}
