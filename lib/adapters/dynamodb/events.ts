import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EventRef, Events } from '../../app/ports-history.ts';
import type { EventRecord } from '../../domain/event.ts';
import { eventAttributes, eventRecord, eventSummary } from './event-item.ts';
import { isOver, overSinceMs, timeline } from './history.ts';
import { merged, pageOf } from './merge.ts';
import { packPayload, putParts, unpackPayload } from './payload.ts';
import { getItem, type Item, putIf, type Store, type StoreOptions } from './store.ts';
import { conditions, keys, partitions, retentionMs, type Tables, ttlAt } from './table.ts';

/** Events that `accepted` gives at a time. */
const ACCEPTED_PAGE = 500;
/** More than one run of the tick could look at. */
const ACCEPTED_PAGES_MAX = 10_000;

/** Events in DynamoDB: one row each, a body too large for it in parts beside it. */
export function dynamoEvents(db: DynamoDBClient, tables: Tables, options: StoreOptions): Events {
  const store = { db, table: tables.history, random: options.random };
  return {
    async store(event) {
      const ref = { tenant: event.tenant, eventId: event.id };
      const payload = packPayload(event.body);
      const ttl = ttlAt(event.acceptedAtMs + retentionMs(options.retentionDays));
      if (payload.parts.length > 0) {
        // Cheaper than writing all the parts for an id that is taken.
        const standing = await read(store, ref, options);
        if (standing !== undefined) return { existing: await whole(store, standing) };
        await putParts(store, ref, payload.parts, ttl);
      }
      const result = await putIf(
        store,
        keys.event(ref.tenant, ref.eventId),
        { ...eventAttributes(event), ...payload.attributes, ttl },
        conditions.isNewOrAcceptedBefore(overSinceMs(options)),
      );
      if (result.kind === 'written') return 'stored';
      if (result.existing === undefined) throw new Error(`${event.id} was refused and is gone.`);
      return { existing: await whole(store, result.existing) };
    },

    async get(ref) {
      const item = await read(store, ref, options);
      return item === undefined ? undefined : await whole(store, item);
    },

    list({ tenants, range, after, limit }) {
      const merge = timeline(store, options, {
        index: 'timeline',
        partitions: tenants.flatMap(partitions.events),
        range,
        order: 'descending',
        ...(after !== undefined && { after }),
      });
      return pageOf(merge, limit, eventSummary);
    },

    async *accepted(tenant, range) {
      const sequence = merged(
        timeline(store, options, {
          index: 'timeline',
          partitions: partitions.events(tenant),
          range,
          order: 'ascending',
        }),
      );
      for (let page = 0; page < ACCEPTED_PAGES_MAX; page++) {
        const rows = await sequence.take(ACCEPTED_PAGE);
        if (rows.length > 0) yield rows.map(eventSummary);
        if (rows.length < ACCEPTED_PAGE) return;
      }
      throw new Error(`${tenant}: more than ${ACCEPTED_PAGES_MAX} pages of events in one range.`);
    },
  };
}

async function read(store: Store, ref: EventRef, options: StoreOptions): Promise<Item | undefined> {
  const item = await getItem(store, keys.event(ref.tenant, ref.eventId));
  return item === undefined || isOver(item, options) ? undefined : item;
}

async function whole(store: Store, item: Item): Promise<EventRecord> {
  return eventRecord(item, await unpackPayload(store, item));
}
