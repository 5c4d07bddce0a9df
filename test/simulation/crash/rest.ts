import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { INTENT_PARTITIONS } from '../../../lib/adapters/dynamodb/audit-keys.ts';
import { unpackTargets } from '../../../lib/adapters/dynamodb/codec.ts';
import { JOB_MARKS, parseDeliverySk, SWEEPS } from '../../../lib/adapters/dynamodb/table.ts';
import { INTERRUPTED_MS } from '../../../lib/app/audited-change.ts';
import type { Delivery } from '../../../lib/domain/delivery.ts';
import type { Written } from '../dynamodb/table.ts';
import type { Rest } from '../lambda/schedule.ts';
import type { Product } from '../product/product.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import type { Watch } from '../scenario/watch.ts';

export interface Resting extends Rest {
  see(written: Written): void;
}

type Row = Readonly<Record<string, AttributeValue>>;

const MINUTE_MS = 60_000;
/** The reconciler looks at nothing younger. */
const RECONCILED_MS = 45_000;
const SWEEP_LINGER_MS = 10 * MINUTE_MS;
/** How often where something is under way of which the tick only sees that it stands still. */
const UNDER_WAY_MS = 2 * MINUTE_MS;
/** How long after its time is over an open breaker is looked at each minute. */
const AROUND_MS = 5 * MINUTE_MS;
const REST_MS_MIN = 10 * MINUTE_MS;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Leaves ticks out while the tables hold nothing that one would see to, as a schedule may do at any
 * time; ten minutes after a write, and then ever more rarely, one comes all the same. A run of
 * hours takes few ticks, and thousands of runs seconds.
 */
export function resting(product: () => Product, watch: Watch): Resting {
  const unbegun = new Map<string, { readonly atMs: number; readonly left: Set<string> }>();
  const lookers: (() => void)[] = [];
  let lastTickAtMs = 0;

  function see({ table, after, atMs }: Written) {
    const [pk, sk] = [after?.pk?.S ?? '', after?.sk?.S ?? ''];
    if (table === TABLE_NAMES.history && sk === 'E') {
      const left = new Set<string>(unpackTargets(after?.tg?.S ?? ''));
      if (left.size > 0) unbegun.set(pk, { atMs, left });
    } else if (table === TABLE_NAMES.history && sk.startsWith('D#')) {
      const left = unbegun.get(pk)?.left;
      left?.delete(parseDeliverySk(sk));
      if (left?.size === 0) unbegun.delete(pk);
    }
    for (const look of lookers) look();
  }

  return {
    see,
    onChange: (look) => lookers.push(look),
    onTick(atMs) {
      lastTickAtMs = atMs;
    },
    untilMs() {
      const { simulation, db } = product();
      if (lastTickAtMs === 0) lastTickAtMs = simulation.startMs;
      const [oldest] = unbegun.values();
      const pending = [...watch.pending.values()];
      const hasHeld = pending.some(({ state }) => state.status === 'held');
      const idleMs = simulation.nowMs() - watch.lastWriteAtMs;
      return Math.min(
        lastTickAtMs + Math.max(REST_MS_MIN, idleMs),
        oldest === undefined ? NEVER : oldest.atMs + RECONCILED_MS,
        ...pending.map(dueMsOf),
        ...[...(db.model.tables.get(TABLE_NAMES.state)?.rows() ?? [])].map((row) =>
          wantedMsOf(row, lastTickAtMs, hasHeld),
        ),
      );
    },
  };
}

/** When the tick rings for it; what needs more than a doorbell reaches is rung for ahead. */
function dueMsOf({ state }: Delivery): number {
  if ('dueAtMs' in state) return state.dueAtMs - MINUTE_MS;
  return ('leaseUntilMs' in state ? state.leaseUntilMs : undefined) ?? NEVER;
}

function wantedMsOf(row: Row, lastTickAtMs: number, hasHeld: boolean): number {
  const underWay = lastTickAtMs + UNDER_WAY_MS;
  const [pk, sk] = [row.pk?.S ?? '', row.sk?.S ?? ''];
  // Its entry is added by the first tick after that.
  if (INTENT_PARTITIONS.includes(pk)) {
    return JSON.parse(row.doc?.S ?? '{}').atMs + INTERRUPTED_MS + 1;
  }
  if (pk === JOB_MARKS || pk.startsWith('DRAIN#')) return underWay;
  if (pk === SWEEPS) {
    const isAtWork = hasHeld || row.kind?.S === 'cancel';
    return isAtWork ? underWay : Number(row.startedAtMs?.N ?? 0) + SWEEP_LINGER_MS;
  }
  if (!pk.startsWith('B#') || sk !== 'S') return NEVER;
  if (row.up !== undefined || row.hl !== undefined || row.hx !== undefined) return underWay;
  const openUntilMs = Number(row.ou?.N ?? 0);
  if (openUntilMs > lastTickAtMs - AROUND_MS) return openUntilMs - MINUTE_MS;
  return NEVER;
}
