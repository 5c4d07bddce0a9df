import type { EventSummary } from '../../app/ports-history.ts';
import type { EventRecord } from '../../domain/event.ts';
import { instant } from '../../domain/instant.ts';
import { packTargets, packText, unpackTargets, unpackText } from './codec.ts';
import { eventIndexKeys } from './index-keys.ts';
import type { Item } from './store.ts';
import { parseHistoryPk } from './table.ts';

/** What an event's row says, besides its body. */
export function eventAttributes(event: EventRecord): Item {
  const { tenant, id, acceptedAtMs, timestamp, targets, metadata } = event;
  return {
    ...eventIndexKeys(tenant, id, acceptedAtMs),
    ty: event.type,
    at: acceptedAtMs,
    fp: event.fingerprint,
    tg: targets.length > 0 ? packTargets(targets) : undefined,
    ts: timestamp === instant(acceptedAtMs) ? undefined : timestamp,
    sr: event.source,
    ok: event.orderingKey,
    md: metadata === undefined ? undefined : packText(JSON.stringify(metadata)),
    da: event.deliverAtMs,
  };
}

interface SummaryRow {
  readonly pk: string;
  readonly ty: string;
  readonly at: number;
  readonly tg?: string;
  readonly sr?: string;
  readonly da?: number;
}

export function eventSummary(item: Item): EventSummary {
  const row = item as unknown as SummaryRow;
  const { tenant, eventId } = parseHistoryPk(row.pk);
  return {
    tenant,
    id: eventId,
    type: row.ty,
    acceptedAtMs: row.at,
    targets: unpackTargets(row.tg ?? ''),
    ...(row.sr !== undefined && { source: row.sr }),
    ...(row.da !== undefined && { deliverAtMs: row.da }),
  };
}

interface EventRow {
  readonly at: number;
  readonly fp: string;
  readonly ts?: string;
  readonly ok?: string;
  readonly md?: string | Uint8Array;
}

export function eventRecord(item: Item, body: string): EventRecord {
  const row = item as unknown as EventRow;
  return {
    ...eventSummary(item),
    timestamp: row.ts ?? instant(row.at),
    body,
    fingerprint: row.fp,
    ...(row.ok !== undefined && { orderingKey: row.ok }),
    ...(row.md !== undefined && {
      metadata: JSON.parse(unpackText(row.md)) as Readonly<Record<string, string>>,
    }),
  };
}
