import type { RateLimit } from './api-key.ts';
import { type CallRate, callRate, callsLeft, waitUs } from './rate-limit.ts';

/** A bucket as an answer tells of it: what it holds at most, what is left, when it is full again. */
export interface RateFigures {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

export const RATE_PER_SECOND = { min: 0.01, max: 10_000 } as const;
export const BURST_MAX = 100_000;
/** Of a key's rate a second, what one function instance takes in advance at most. */
const AHEAD_OF_RATE = 0.05;
/** How long what was taken in advance may be used. */
export const TAKEN_AHEAD_MS = 1_000;

/** The bucket as a rate with one time: how far it lies ahead is how empty the bucket is. */
export function keyRate({ perSecond, burst }: RateLimit): CallRate {
  const { callUs } = callRate(perSecond);
  return { callUs, aheadUs: burst * callUs };
}

/** At most so many requests are taken from the bucket at once: one, below 40 a second. */
export function blockMax({ perSecond }: RateLimit): number {
  return Math.max(Math.floor(perSecond * AHEAD_OF_RATE), 1);
}

/** The bucket that is used up until `usedUpUs`, as of now. */
export function bucketFigures(
  limit: RateLimit,
  usedUpUs: number,
  nowMs: number,
): RateFigures & { readonly waitMs: number } {
  const rate = keyRate(limit);
  const nowUs = nowMs * 1000;
  return {
    limit: limit.burst,
    remaining: callsLeft(rate, usedUpUs, nowUs),
    resetSeconds: Math.ceil(Math.max(usedUpUs - nowUs, 0) / 1_000_000),
    waitMs: Math.ceil(waitUs(rate, usedUpUs, nowUs) / 1000),
  };
}
