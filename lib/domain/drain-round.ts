import type { Drain } from './drain.ts';

/** What a step let go, and whether there is more behind it. */
export interface Found {
  readonly count: number;
  /** The position of the last one. */
  readonly last: string | undefined;
  readonly isAll: boolean;
  /** So few are held in all that ringing for them again costs nothing. */
  readonly isFew: boolean;
}

/** Fewer than these are few. */
export const FEW = 100;
/** A few that were rung for, and are held still, are rung for again after this long. */
const SHORT_ROUND_MS = 5_000;

/** Until then what a round let go may still be on its way: it is not rung again before. */
const ROUND_MS = 60_000;
/** Where something is held all the time, the next round begins after this long all the same. */
const BUSY_ROUND_MS = 300_000;
const EMPTY_ROUND_MS = 15_000;
const EMPTY_ROUNDS = 2;
/** A step that found nothing is followed by the next after this long at least. */
const IDLE_MS = 5_000;

/** The drain at the beginning of a step. */
export function entered(drain: Drain, nowMs: number): Drain {
  return drain.position === undefined ? { ...drain, roundStartedAtMs: nowMs } : drain;
}

/** Whether what was rung for is stuck: for a whole round nothing more could be let go. */
export function isStuck(drain: Drain, nowMs: number): boolean {
  return nowMs - drain.lastFoundAtMs >= ROUND_MS;
}

/** The drain after a step, `waitMs` before its next; or `finished`: nothing is held any more. */
export function stepped(
  drain: Drain,
  found: Found,
  waitMs: number,
  nowMs: number,
): Drain | 'finished' {
  const next: Drain = {
    ...drain,
    step: drain.step + 1,
    lastStepAtMs: nowMs,
    nextStepAtMs: nowMs + (found.count > 0 ? waitMs : Math.max(waitMs, IDLE_MS)),
    position: found.last ?? drain.position,
    ...(found.count > 0 && { lastFoundAtMs: nowMs, emptyRounds: 0 }),
  };
  if (!found.isAll) return next;
  if (next.position === undefined) {
    const emptyRounds = drain.emptyRounds + 1;
    if (emptyRounds >= EMPTY_ROUNDS) return 'finished';
    return { ...next, emptyRounds, nextStepAtMs: nowMs + EMPTY_ROUND_MS };
  }
  const ageMs = nowMs - drain.roundStartedAtMs;
  const isShort = found.isFew && nowMs - drain.lastFoundAtMs >= SHORT_ROUND_MS;
  const isOver = isShort || ageMs >= (found.count > 0 ? BUSY_ROUND_MS : ROUND_MS);
  return isOver ? { ...next, position: undefined } : next;
}
