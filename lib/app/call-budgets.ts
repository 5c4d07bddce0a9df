import { rememberIn } from '../domain/remember.ts';
import { breakerRefOf, type TargetRef } from '../domain/target.ts';
import { retryBudget, type SharedRetryBudget } from '../policies/retry-budget.ts';
import { boardKey } from './breaker-board.ts';
import type { Clock } from './ports.ts';

/** What the calls to each target may spend on retries, in this function instance. */
export interface CallBudgets {
  of(target: TargetRef): SharedRetryBudget;
}

/** The one that was not asked for longest goes first: it has long filled up again. */
const TARGETS_MAX = 1_000;

export function callBudgets(clock: Pick<Clock, 'nowMs'>): CallBudgets {
  const budgets = new Map<string, SharedRetryBudget>();
  return {
    of(target) {
      const key = boardKey(breakerRefOf(target));
      const budget = budgets.get(key) ?? retryBudget(clock);
      rememberIn(budgets, key, budget, TARGETS_MAX);
      return budget;
    },
  };
}
