import type { DeliverySummary } from '../../app/ports.ts';
import type { Delivery, DeliveryState, HeldBy } from '../../domain/delivery.ts';
import { type PackedText, packAttempts, unpackAttempts } from './codec.ts';
import type { Item } from './store.ts';
import { deliveryIndexKeys, parseDeliverySk, parseHistoryPk } from './table.ts';

/** A delivery's row, one version on. */
export function deliveryAttributes(delivery: Delivery): Item {
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

interface DeliveryRow {
  readonly pk: string;
  readonly sk: string;
  readonly ty: string;
  readonly at: number;
  readonly st: DeliveryState['status'];
  /** Due time, end of lease or time of acceptance, as the index `due` wants it. */
  readonly duSk?: number;
  readonly nx?: number;
  readonly hb?: HeldBy;
  readonly via?: string;
  readonly dn?: number;
  readonly n?: number;
  readonly tr?: PackedText;
  readonly sb?: number;
  readonly ss?: number;
  readonly rg?: number;
  readonly v: number;
}

export function deliverySummary(item: Item): DeliverySummary {
  const row = item as unknown as DeliveryRow;
  return {
    ...parseHistoryPk(row.pk),
    integrationId: parseDeliverySk(row.sk),
    type: row.ty,
    acceptedAtMs: row.at,
    state: stateOf(row),
    attemptCount: row.n ?? 0,
    scheduleBase: row.sb ?? 0,
    scheduleStartMs: row.ss ?? row.at,
    rings: row.rg ?? 0,
    version: row.v,
  };
}

export function deliveryOf(item: Item): Delivery {
  const { attemptCount: _, ...delivery } = deliverySummary(item);
  const { tr } = item as unknown as DeliveryRow;
  return { ...delivery, attempts: tr === undefined ? [] : unpackAttempts(tr) };
}

function stateOf(row: DeliveryRow): DeliveryState {
  const { st: status, duSk = 0, nx = 0, dn: completedAtMs = 0 } = row;
  switch (status) {
    case 'queued':
    case 'waiting':
      return { status, nextAttemptAtMs: nx, dueAtMs: duSk };
    case 'delivering':
      return { status, leaseUntilMs: duSk };
    case 'held':
      return { status, heldBy: row.hb ?? 'pause' };
    case 'delivered':
      return { status, via: row.via ?? 'primary', completedAtMs };
    case 'failed':
    case 'cancelled':
      return { status, completedAtMs };
  }
}
