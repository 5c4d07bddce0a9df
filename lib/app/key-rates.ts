import type { ApiKey, RateLimit } from '../domain/api-key.ts';
import { bucketOf } from '../domain/api-key-bounds.ts';
import {
  blockMax,
  bucketFigures,
  type RateFigures,
  TAKEN_AHEAD_MS,
} from '../domain/api-key-rate.ts';
import { rememberIn } from '../domain/remember.ts';
import type { Clock, Telemetry } from './ports.ts';
import type { KeyRates } from './ports-keys.ts';
import { within } from './within.ts';

export interface KeyRateDeps {
  readonly keyRates: KeyRates;
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly telemetry: Pick<Telemetry, 'warn' | 'count'>;
  /** Of keys that have none of their own. */
  readonly defaultRateLimit?: RateLimit | undefined;
}

export type RateVerdict =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'granted'; readonly rate: RateFigures }
  | { readonly kind: 'refused'; readonly rate: RateFigures; readonly waitMs: number };

/** Requests taken from a bucket in advance, to be used here within a second. */
interface Block {
  readonly size: number;
  readonly left: number;
  readonly untilMs: number;
  readonly usedUpUs: number;
}

/** A bucket that does not answer within this is passed over. */
const TAKE_WITHIN_MS = 1_000;
const BUCKETS_REMEMBERED_MAX = 1_000;

/**
 * Limits how often a key is used. An instance that is busy with a key takes requests in blocks, up
 * to a twentieth of its rate, good for one second: over any time the limit may so be exceeded by
 * what it grants in one second, and by no more. While the table is down every request is granted.
 */
export function keyRates(deps: KeyRateDeps): (key: ApiKey) => Promise<RateVerdict> {
  const blocks = new Map<string, Block>();

  const take = async (bucket: string, limit: RateLimit, size: number, nowMs: number) => {
    const taking = deps.keyRates.take(bucket, limit, size, nowMs);
    try {
      // What fails later has been told of as late by then.
      const taken = await within(deps.clock, TAKE_WITHIN_MS, taking, () => {});
      if (taken !== undefined) return taken;
      deps.telemetry.warn('key.rate-not-kept', { limit: TAKE_WITHIN_MS });
    } catch (error) {
      deps.telemetry.warn('key.rate-not-kept', { error });
    }
    deps.telemetry.count('AuthStoreFailures');
    return undefined;
  };

  return async (key) => {
    const limit = key.rateLimit ?? deps.defaultRateLimit;
    if (limit === undefined) return { kind: 'unlimited' };
    const bucket = bucketOf(key);
    const nowMs = deps.clock.nowMs();
    const block = blocks.get(bucket);
    const figures = (usedUpUs: number, held: number) => {
      const { waitMs, ...rate } = bucketFigures(limit, usedUpUs, nowMs);
      const remaining = Math.min(rate.remaining + held, rate.limit);
      return { rate: { ...rate, remaining }, waitMs };
    };
    if (block !== undefined && block.left > 0 && block.untilMs > nowMs) {
      const left = block.left - 1;
      rememberIn(blocks, bucket, { ...block, left }, BUCKETS_REMEMBERED_MAX);
      return { kind: 'granted', rate: figures(block.usedUpUs, left).rate };
    }
    const size = nextSize(block, blockMax(limit), nowMs);
    const taken = await take(bucket, limit, size, nowMs);
    if (taken === undefined) return { kind: 'unlimited' };
    const { granted, usedUpUs } = taken;
    if (granted === 0) return { kind: 'refused', ...figures(usedUpUs, 0) };
    const left = granted - 1;
    const next = { size, left, untilMs: nowMs + TAKEN_AHEAD_MS, usedUpUs };
    rememberIn(blocks, bucket, next, BUCKETS_REMEMBERED_MAX);
    return { kind: 'granted', rate: figures(usedUpUs, left).rate };
  };
}

/** Twice the last block where that one was used up in time, else what was used of it. */
function nextSize(block: Block | undefined, max: number, nowMs: number): number {
  if (block === undefined) return 1;
  const used = block.size - block.left;
  return Math.min(block.untilMs > nowMs ? used * 2 : used, max);
}
