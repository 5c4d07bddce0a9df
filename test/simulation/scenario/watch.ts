import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { deliveryOf } from '../../../lib/adapters/dynamodb/delivery-item.ts';
import { parseHistoryPk } from '../../../lib/adapters/dynamodb/table.ts';
import type { Delivery } from '../../../lib/domain/delivery.ts';
import { deliveryId } from '../../../lib/domain/ids.ts';
import type { Written } from '../dynamodb/table.ts';
import { TABLE_NAMES } from '../product/settings.ts';

/** One stored change of a delivery. */
export interface Change {
  readonly atMs: number;
  readonly before: Delivery | undefined;
  /** Absent: the row is gone. */
  readonly after: Delivery | undefined;
}

/** Everything that was ever stored of deliveries, as the rows had it. */
export interface Watch {
  /** By delivery id: every change in order. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  /** What is stored now and not over. */
  readonly pending: ReadonlyMap<string, Delivery>;
  /** By event id, since each was stored. */
  readonly events: ReadonlyMap<string, StoredEvent>;
  /** When the last event was stored. */
  readonly lastEventAtMs: number;
  /** When anything but a tick's own notes was written last. */
  readonly lastWriteAtMs: number;
  see(written: Written): void;
  /** Told of each change; a text is what is wrong. */
  onChange(check: (id: string, change: Change) => string | undefined): void;
  readonly wrong: string | undefined;
}

export interface StoredEvent {
  readonly storedAtMs: number;
  /** As its row says. */
  readonly acceptedAtMs: number;
}

/** What the tick writes of how far it has come. */
const TICKS_OWN = /^(CHECKPOINT#|AUDIT-DIGESTS$|AUDIT-SIGNED$)/;

export function newWatch(): Watch {
  const events = new Map<string, StoredEvent>();
  const changes = new Map<string, Change[]>();
  const pending = new Map<string, Delivery>();
  const checks: ((id: string, change: Change) => string | undefined)[] = [];
  let lastEventAtMs = 0;
  let lastWriteAtMs = 0;
  let wrong: string | undefined;

  return {
    events,
    changes,
    pending,
    get lastEventAtMs() {
      return lastEventAtMs;
    },
    get lastWriteAtMs() {
      return lastWriteAtMs;
    },
    get wrong() {
      return wrong;
    },
    onChange: (check) => checks.push(check),
    see({ table, before, after, atMs }) {
      const row = after ?? before;
      const pk = row?.pk?.S ?? '';
      if (!TICKS_OWN.test(pk)) lastWriteAtMs = atMs;
      if (table !== TABLE_NAMES.history || row === undefined) return;
      const sk = row.sk?.S ?? '';
      if (sk === 'E' && after !== undefined) {
        lastEventAtMs = atMs;
        const { eventId } = parseHistoryPk(pk);
        events.set(eventId, { storedAtMs: atMs, acceptedAtMs: Number(after.at?.N) });
      }
      if (!sk.startsWith('D#')) return;
      const change = { atMs, before: deliveryIn(before), after: deliveryIn(after) };
      const known = change.after ?? change.before;
      if (known === undefined) return;
      const id = deliveryId(known.eventId, known.acceptedAtMs, known.integrationId);
      const list = changes.get(id) ?? [];
      list.push(change);
      changes.set(id, list);
      if (change.after === undefined || isOver(change.after)) pending.delete(id);
      else pending.set(id, change.after);
      for (const check of checks) wrong ??= check(id, change);
    },
  };
}

function deliveryIn(item: Readonly<Record<string, AttributeValue>> | undefined) {
  return item === undefined ? undefined : deliveryOf(unmarshall({ ...item }));
}

export function isOver({ state }: { readonly state: { readonly status: string } }): boolean {
  return ['delivered', 'failed', 'cancelled'].includes(state.status);
}
