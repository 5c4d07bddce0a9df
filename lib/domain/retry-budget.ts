/** Keeps retries from becoming most of the load: Envoy's retry budget, over a sliding window. */
export interface RetryBudget {
  /** Oldest first, one for each second in which something was counted; at most 11. */
  readonly slots: readonly BudgetSlot[];
}

interface BudgetSlot {
  /** Whole seconds. */
  readonly at: number;
  readonly calls: number;
  readonly retries: number;
}

export const RETRY_BUDGET_WINDOW_SECONDS = 10;
/** Retries per call. */
export const RETRY_BUDGET_SHARE = 0.2;
/** Granted in every window, however few calls there are. */
export const RETRY_BUDGET_MIN = 3;

export const NEW_RETRY_BUDGET: RetryBudget = { slots: [] };

/** Counts a call: its first attempt, not its retries. */
export function countCall(budget: RetryBudget, nowMs: number): RetryBudget {
  return counted(budget, nowMs, { calls: 1, retries: 0 });
}

/**
 * Counts a retry, or undefined if there is none left: with it, the retries of the ten seconds
 * until now never are more than a fifth of the calls of the same time, or three if that is more.
 */
export function spendRetry(budget: RetryBudget, nowMs: number): RetryBudget | undefined {
  const at = slotAt(budget, nowMs);
  let calls = 0;
  let retries = 0;
  for (const slot of budget.slots) {
    // A second is counted whole: one less of calls and one more of retries than the window is
    // keeps the promise for every instant in it.
    if (slot.at > at - RETRY_BUDGET_WINDOW_SECONDS) calls += slot.calls;
    if (slot.at >= at - RETRY_BUDGET_WINDOW_SECONDS) retries += slot.retries;
  }
  const granted = Math.max(RETRY_BUDGET_MIN, Math.floor(calls * RETRY_BUDGET_SHARE));
  return retries < granted ? counted(budget, nowMs, { calls: 0, retries: 1 }) : undefined;
}

function counted(
  budget: RetryBudget,
  nowMs: number,
  more: { readonly calls: number; readonly retries: number },
): RetryBudget {
  const at = slotAt(budget, nowMs);
  const kept = budget.slots.filter((slot) => slot.at >= at - RETRY_BUDGET_WINDOW_SECONDS);
  const last = kept.at(-1);
  if (last?.at !== at) return { slots: [...kept, { at, ...more }] };
  const sum = { at, calls: last.calls + more.calls, retries: last.retries + more.retries };
  return { slots: [...kept.slice(0, -1), sum] };
}

/** A clock that was set back stands still. */
function slotAt({ slots }: RetryBudget, nowMs: number): number {
  return Math.max(Math.floor(nowMs / 1_000), slots.at(-1)?.at ?? Number.NEGATIVE_INFINITY);
}
