/**
 * The generic cell rate algorithm (ITU-T I.371): one time says how much of a rate is used up. It
 * is when the calls granted so far would all have been made at the rate; how far it may lie ahead
 * of now is the burst. Whole microseconds, so that adding them up is exact.
 */
export interface CallRate {
  /** What one call takes; rounded up, so that a rate is never exceeded. */
  readonly callUs: number;
  /** How far ahead the used-up time may lie. */
  readonly aheadUs: number;
}

const SECOND_US = 1_000_000;

/** A rate with a burst of one second, one call at least; `debtMs` may be used up in advance. */
export function callRate(perSecond: number, debtMs = 0): CallRate {
  const callUs = Math.ceil(SECOND_US / perSecond);
  const burst = Math.max(Math.floor(perSecond), 1);
  return { callUs, aheadUs: burst * callUs + debtMs * 1000 };
}

/** How many calls may be made now, if the rate is used up until `usedUpUs`. */
export function callsLeft({ callUs, aheadUs }: CallRate, usedUpUs: number, nowUs: number): number {
  const leftUs = nowUs + aheadUs - Math.max(usedUpUs, nowUs);
  return Math.max(Math.floor(leftUs / callUs), 0);
}

/** When the next call may be made, from now; 0 if at once. */
export function waitUs({ callUs, aheadUs }: CallRate, usedUpUs: number, nowUs: number): number {
  return Math.max(usedUpUs + callUs - aheadUs - nowUs, 0);
}
