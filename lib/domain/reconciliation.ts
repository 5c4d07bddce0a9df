import type { IntegrationId } from './ids.ts';

/**
 * How old an event must be before the tick looks for what was not attempted: older than any
 * first attempt that nobody claimed (15 s to begin it, 30 s to make it, and its record).
 */
export const SETTLED_MS = 50_000;
/** When a window is counted a second time, in case an index had lagged at the first. */
export const RECOUNT_AFTER_MS = 600_000;
/** How far back the first comparison of a tenant reaches. */
export const FIRST_LOOK_BACK_MS = 3 * 86_400_000;
/** The longest window compared at once, unless the one before was empty; progress is saved after each. */
export const WINDOW_MS_MAX = 600_000;
/** Windows remembered for the second count; beyond it the oldest are counted early. */
export const WINDOWS_MAX = 60;

/** What was seen in [sinceMs, untilMs): equal sets of ids have equal counts and digests. */
export interface CheckedWindow {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly count: number;
  readonly digest: number;
}

/** Adds one event id to a window's digest; the order does not matter. */
export function digestWith(digest: number, eventId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < eventId.length; i++) {
    hash = Math.imul(hash ^ eventId.charCodeAt(i), 0x01000193);
  }
  return (digest ^ hash) >>> 0;
}

/** What was seen so far, with the ids of the last millisecond apart. */
export interface Tally {
  readonly count: number;
  readonly digest: number;
  readonly lastMs: number;
  readonly lastIds: readonly string[];
}

export function emptyTally(sinceMs: number): Tally {
  return { count: 0, digest: 0, lastMs: sinceMs, lastIds: [] };
}

/** One event more; they come in the order of their acceptance. */
export function tallied(tally: Tally, eventId: string, acceptedAtMs: number): Tally {
  return {
    count: tally.count + 1,
    digest: digestWith(tally.digest, eventId),
    lastMs: acceptedAtMs,
    lastIds: acceptedAtMs === tally.lastMs ? [...tally.lastIds, eventId] : [eventId],
  };
}

/** What was seen in [sinceMs, the tally's last millisecond). */
export function windowBefore(tally: Tally, sinceMs: number): CheckedWindow {
  return {
    sinceMs,
    untilMs: tally.lastMs,
    count: tally.count - tally.lastIds.length,
    digest: tally.lastIds.reduce(digestWith, tally.digest),
  };
}

/**
 * The next window to compare, undefined while everything settled has been. After one that was
 * empty, which is `last`, it may be twice as long: who was away for days has caught up in a minute.
 */
export function nextWindow(
  reconciledUntilMs: number | undefined,
  nowMs: number,
  last?: CheckedWindow,
): { readonly sinceMs: number; readonly untilMs: number } | undefined {
  const settledMs = nowMs - SETTLED_MS;
  const sinceMs = reconciledUntilMs ?? nowMs - FIRST_LOOK_BACK_MS;
  if (sinceMs >= settledMs) return undefined;
  // The first look goes over days that are empty as a rule: one window.
  const spanMs = reconciledUntilMs === undefined ? FIRST_LOOK_BACK_MS : spanAfter(last);
  return { sinceMs, untilMs: Math.min(sinceMs + spanMs, settledMs) };
}

function spanAfter(last: CheckedWindow | undefined): number {
  if (last === undefined || last.count > 0) return WINDOW_MS_MAX;
  const twiceMs = 2 * (last.untilMs - last.sinceMs);
  return Math.min(Math.max(WINDOW_MS_MAX, twiceMs), FIRST_LOOK_BACK_MS);
}

/** Splits remembered windows into those due for their second count and those to keep. */
export function dueForRecount(
  windows: readonly CheckedWindow[],
  nowMs: number,
): { readonly due: readonly CheckedWindow[]; readonly keep: readonly CheckedWindow[] } {
  const isDue = (window: CheckedWindow, i: number) =>
    window.untilMs <= nowMs - RECOUNT_AFTER_MS || i < windows.length - WINDOWS_MAX;
  return {
    due: windows.filter((window, i) => isDue(window, i)),
    keep: windows.filter((window, i) => !isDue(window, i)),
  };
}

/** The targets that have no row. */
export function missingOf(
  targets: readonly IntegrationId[],
  started: ReadonlySet<IntegrationId>,
): readonly IntegrationId[] {
  return targets.filter((id) => !started.has(id));
}
