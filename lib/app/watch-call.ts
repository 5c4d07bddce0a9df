import { breakerRefOf, type Target } from '../domain/target.ts';
import { signOn } from './breaker-board.ts';
import { type GuardDeps, guarded, reportCalls } from './breaker-report.ts';

/** What is done about a call while it lasts: nobody may wait for its end to learn that it hangs. */

/** A call under way for this long has its integration's deliveries go through the slow lane. */
export const LINGERING_MS = 1_000;
const SLOW_MS = 60_000;
/** A mark that lasts longer than this is not renewed. */
const SLOW_RENEWED_MS = 40_000;

/**
 * Watches a call that begins now. What it returns ends the watch, and says when the call became
 * slow by its breaker's measure, if it did. Probes are judged by their end alone.
 */
export function watchCall(
  deps: GuardDeps,
  target: Target,
  isProbe: boolean,
): () => number | undefined {
  const { enabled, slowCallSeconds } = target.breaker;
  const startedAtMs = deps.clock.nowMs();
  let overdueAtMs: number | undefined;
  const lingers = deps.clock.after(LINGERING_MS, () => void markLingering(deps, target));
  const isSlow = () => {
    overdueAtMs = deps.clock.nowMs();
    const ref = breakerRefOf(target);
    deps.tally.noteOverdue(ref, target.breaker, startedAtMs, overdueAtMs);
    void reportCalls(deps, target);
  };
  const counts = enabled && !isProbe;
  const slows = counts ? deps.clock.after(slowCallSeconds * 1000 + 1, isSlow) : () => {};
  return () => {
    lingers();
    slows();
    return overdueAtMs;
  };
}

/** Has the integration's deliveries go through the slow lane for a while. */
async function markLingering(deps: GuardDeps, target: Target): Promise<void> {
  const ref = breakerRefOf(target);
  const nowMs = deps.clock.nowMs();
  const sign = signOn(deps.board, ref);
  if (sign.slowUntilMs > nowMs + SLOW_RENEWED_MS) return;
  const slowUntilMs = nowMs + SLOW_MS;
  deps.board.learn({ ...sign, slowUntilMs });
  await guarded(deps, target, deps.breakers.linger(ref, slowUntilMs));
}
