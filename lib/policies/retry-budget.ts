import type { Clock } from '../app/ports.ts';
import { countCall, NEW_RETRY_BUDGET, spendRetry } from '../domain/retry-budget.ts';

/** How many retries the calls to one target may have together, in this function instance. */
export interface SharedRetryBudget {
  /** A call begins. */
  call(): void;
  /** Takes one retry; false: none is left. */
  take(): boolean;
}

/** At most a fifth of the calls of the last ten seconds, or three if that is more. */
export function retryBudget(clock: Pick<Clock, 'nowMs'>): SharedRetryBudget {
  let budget = NEW_RETRY_BUDGET;
  return {
    call() {
      budget = countCall(budget, clock.nowMs());
    },
    take() {
      const spent = spendRetry(budget, clock.nowMs());
      if (spent !== undefined) budget = spent;
      return spent !== undefined;
    },
  };
}
