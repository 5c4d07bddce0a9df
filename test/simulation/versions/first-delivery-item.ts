import { packAttempts, unpackAttempts } from '../../../lib/adapters/dynamodb/codec.ts';
import { deliveryIndexKeys } from '../../../lib/adapters/dynamodb/index-keys.ts';
import type { Item } from '../../../lib/adapters/dynamodb/store.ts';
import { parseDeliverySk, parseHistoryPk } from '../../../lib/adapters/dynamodb/table.ts';
import type { Delivery, DeliveryState } from '../../../lib/domain/delivery.ts';

/** How the first version wrote a delivery's row: as it was in its code, line for line. */
export function firstDeliveryAttributes(delivery: Delivery): Item {
  const { state, attempts, acceptedAtMs } = delivery;
  return {
    ...deliveryIndexKeys(delivery),
    ty: delivery.type,
    at: acceptedAtMs,
    st: state.status,
    nx: 'nextAttemptAtMs' in state ? state.nextAttemptAtMs : undefined,
    hb: 'heldBy' in state ? state.heldBy : undefined,
    via: 'via' in state ? state.via : undefined,
    dn: 'completedAtMs' in state ? state.completedAtMs : undefined,
    n: attempts.at(-1)?.number,
    tr: attempts.length > 0 ? packAttempts(attempts) : undefined,
    sb: delivery.scheduleBase > 0 ? delivery.scheduleBase : undefined,
    ss: delivery.scheduleStartMs === acceptedAtMs ? undefined : delivery.scheduleStartMs,
    rg: delivery.rings > 0 ? delivery.rings : undefined,
    v: delivery.version + 1,
  };
}

/** How it read one. */
export function firstDeliveryOf(item: Item): Delivery {
  // biome-ignore lint/suspicious/noExplicitAny: a row, whoever stored it.
  const row = item as any;
  return {
    ...parseHistoryPk(row.pk),
    integrationId: parseDeliverySk(row.sk),
    type: row.ty,
    acceptedAtMs: row.at,
    state: firstStateOf(row),
    attempts: row.tr === undefined ? [] : unpackAttempts(row.tr),
    scheduleBase: row.sb ?? 0,
    scheduleStartMs: row.ss ?? row.at,
    rings: row.rg ?? 0,
    version: row.v,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row, whoever stored it.
function firstStateOf({ st: status, duSk = 0, nx = 0, dn: completedAtMs = 0, hb, via }: any) {
  const states: Readonly<Record<string, DeliveryState>> = {
    queued: { status, nextAttemptAtMs: nx, dueAtMs: duSk },
    waiting: { status, nextAttemptAtMs: nx, dueAtMs: duSk },
    delivering: { status, leaseUntilMs: duSk },
    held: { status, heldBy: hb ?? 'pause' },
    delivered: { status, via: via ?? 'primary', completedAtMs },
  };
  return states[status] ?? { status, completedAtMs };
}
