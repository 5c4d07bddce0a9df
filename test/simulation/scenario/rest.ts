import type { Product } from '../product/product.ts';
import type { Watch } from './watch.ts';

/** Within this time of an event, the reconciler may have to find it and count it once more. */
const EVENT_REST_MS = 25 * 60_000;
/** After any other write a few minutes of ticks see to what may follow from it. */
const WRITE_REST_MS = 4 * 60_000;
/** A tick at least this often, whatever there is to do: a schedule may be late, not dead. */
const REST_MS_MAX = 24 * 3_600_000;
const REST_TROUBLED_MS_MAX = 60 * 60_000;
const SOON_MS = 2 * 60_000;

/**
 * Whether a tick may be left out, which a schedule may do at any time: so only what is due later
 * than it should be could come of a wrong answer, and 30 days of calm take seconds less.
 */
export function resting(product: () => Product, watch: Watch): () => boolean {
  let lastTickAtMs = 0;
  return () => {
    const { simulation, db, queues } = product();
    const nowMs = simulation.nowMs();
    const mayRest = () => {
      if (nowMs - watch.lastEventAtMs < EVENT_REST_MS) return false;
      if (nowMs - watch.lastWriteAtMs < WRITE_REST_MS) return false;
      for (const queue of Object.values(queues)) {
        const { visible, inFlight, delayed } = queue.counts();
        if (visible + inFlight + delayed > 0) return false;
      }
      for (const { state } of watch.pending.values()) {
        const dueMs =
          'dueAtMs' in state
            ? Math.min(state.dueAtMs, state.nextAttemptAtMs)
            : 'leaseUntilMs' in state
              ? (state.leaseUntilMs ?? Number.POSITIVE_INFINITY)
              : Number.POSITIVE_INFINITY;
        if (dueMs < nowMs + SOON_MS) return false;
      }
      let troubled = false;
      for (const row of db.model.tables.get('state')?.index('troubled') ?? []) {
        troubled = true;
        const openUntilMs = Number(row.ou?.N ?? 0);
        if (openUntilMs > nowMs - SOON_MS && openUntilMs < nowMs + SOON_MS) return false;
      }
      return nowMs - lastTickAtMs < (troubled ? REST_TROUBLED_MS_MAX : REST_MS_MAX);
    };
    if (mayRest()) return true;
    lastTickAtMs = nowMs;
    return false;
  };
}
