import type { DeliverySummary } from '../../app/ports-history.ts';
import type { ChainPlace, Delivery, DeliveryState, HeldBy } from '../../domain/delivery.ts';
import { type LastAttempt, lastAttemptOf } from '../../domain/health-figures.ts';
import { type PackedText, packAttempts, unpackAttempts } from './codec.ts';
import { deliveryIndexKeys } from './index-keys.ts';
import type { Item } from './store.ts';
import { parseDeliverySk, parseHistoryPk } from './table.ts';

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
    // In no index: what is let go, and comes to be held again, keeps its places there.
    lu: state.status === 'held' ? state.leaseUntilMs : undefined,
    via: 'via' in state ? state.via : undefined,
    dn: 'completedAtMs' in state ? state.completedAtMs : undefined,
    n: attempts.at(-1)?.number,
    ...lastAttemptAttributes(lastAttemptOf(delivery)),
    tr: attempts.length > 0 ? packAttempts(attempts) : undefined,
    sb: delivery.scheduleBase > 0 ? delivery.scheduleBase : undefined,
    ss: delivery.scheduleStartMs === acceptedAtMs ? undefined : delivery.scheduleStartMs,
    rg: delivery.rings > 0 ? delivery.rings : undefined,
    fb: delivery.chain && [delivery.chain.trigger, delivery.chain.link, delivery.chain.round],
    v: delivery.version + 1,
  };
}

/** For the timeline; when a success ended is in the row already. */
function lastAttemptAttributes(last: LastAttempt | undefined): Item {
  if (last === undefined) return {};
  const { latencyMs, endedAtMs, error } = last;
  return { lm: latencyMs, le: error === null ? undefined : [endedAtMs, error] };
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
  readonly lu?: number;
  readonly via?: string;
  readonly dn?: number;
  readonly n?: number;
  /** Of the last attempt: its latency; if it failed, when it ended and why. */
  readonly lm?: number;
  readonly le?: readonly [endedAtMs: number, error: string];
  readonly tr?: PackedText;
  readonly sb?: number;
  readonly ss?: number;
  readonly rg?: number;
  /** Its place in the fallback chain. */
  readonly fb?: readonly [ChainPlace['trigger'], link: number, round: number];
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
    ...lastAttempt(row),
  };
}

function lastAttempt({ lm: latencyMs, le, dn }: DeliveryRow): {
  readonly lastAttempt?: LastAttempt;
} {
  if (latencyMs === undefined) return {};
  const [endedAtMs, error] = le ?? [dn ?? 0, null];
  return { lastAttempt: { endedAtMs, latencyMs, error } };
}

export function deliveryOf(item: Item): Delivery {
  const { attemptCount: _, lastAttempt: __, ...delivery } = deliverySummary(item);
  const { tr, fb, v: version } = item as unknown as DeliveryRow;
  return {
    ...delivery,
    attempts: tr === undefined ? [] : unpackAttempts(tr),
    ...(fb !== undefined && { chain: { trigger: fb[0], link: fb[1], round: fb[2] } }),
    version,
  };
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
      return {
        status,
        heldBy: row.hb ?? 'pause',
        ...(row.lu !== undefined && { leaseUntilMs: row.lu }),
      };
    case 'delivered':
      return { status, via: row.via ?? 'primary', completedAtMs };
    case 'failed':
    case 'cancelled':
      return { status, completedAtMs };
  }
}
