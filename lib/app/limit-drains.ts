import type { Integration } from '../domain/integration.ts';
import { rememberIn } from '../domain/remember.ts';
import { type StartDrainDeps, startDrain } from './drain.ts';

/** Sees to it that what a limit is about to hold is let go again. */
export interface LimitDrains {
  /**
   * To be called before a delivery is held, for each: it begins a drain now and then. Throws when
   * it cannot; then nothing may be held.
   */
  begin(integration: Pick<Integration, 'id' | 'tenant'>): Promise<void>;
}

/** A drain that was begun this recently, and what keeps it going, outlasts what is held now. */
const AGAIN_MS = 5_000;
const ENTRIES_MAX = 1_000;

export function limitDrains(deps: StartDrainDeps): LimitDrains {
  const begunAtMs = new Map<string, number>();
  return {
    async begin({ id, tenant }) {
      const nowMs = deps.clock.nowMs();
      if (nowMs - (begunAtMs.get(id) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
      await startDrain(deps, { tenant, id }, { ramp: false });
      rememberIn(begunAtMs, id, nowMs, ENTRIES_MAX);
    },
  };
}
