import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Lines } from '../../app/ports-line.ts';
import {
  type LineLock,
  lineName,
  type Place,
  parsePlaceName,
  placeName,
} from '../../domain/line.ts';
import { type Range, readRange } from './ranges.ts';
import {
  getItem,
  type Item,
  put,
  putIf,
  removeIf,
  type Store,
  type StoreOptions,
} from './store.ts';
import {
  conditions,
  keys,
  LINE_LOCK,
  PLACES_FROM,
  PLACES_TO,
  retentionMs,
  type Tables,
  ttlAt,
} from './table.ts';

/** A lock whose lease ended this long ago is gone. */
const LOCK_KEPT_MS = 86_400_000;

/** Lines in DynamoDB, one partition each: a row for every place, and one for the lock before them. */
export function dynamoLines(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random' | 'retentionDays'>,
): Lines {
  const store: Store = { db, table: tables.state, random: options.random };
  const rangeOf = (line: string): Omit<Range, 'order'> => ({
    table: store.table,
    partition: ['pk', keys.lineLock(line).pk],
    consistent: true,
  });
  return {
    async newest(line) {
      const places = readRange(db, {
        ...rangeOf(lineName(line)),
        sort: ['sk', PLACES_FROM, PLACES_TO],
        order: 'descending',
      });
      const [last] = (await places.next(1)) ?? [];
      return last && placeOf(last);
    },

    async put(line, place) {
      await put(store, keys.place(lineName(line), placeName(place)), {
        ty: place.type,
        ttl: ttlAt(place.acceptedAtMs + retentionMs(options.retentionDays)),
      });
    },

    async has(line, place) {
      return (await getItem(store, keys.place(lineName(line), placeName(place)))) !== undefined;
    },

    async remove(line, place) {
      const { Attributes } = await db.send(
        new DeleteItemCommand({
          TableName: store.table,
          Key: marshall(keys.place(lineName(line), placeName(place))),
          ReturnValues: 'ALL_OLD',
        }),
      );
      return Attributes !== undefined;
    },

    async front(line, limit) {
      const rows = readRange(db, { ...rangeOf(lineName(line)), order: 'ascending' });
      // The lock sorts before every place.
      const found = (await rows.next(limit + 1)) ?? [];
      const lock = found[0]?.sk === LINE_LOCK ? lockOf(found[0]) : undefined;
      const places = lock === undefined ? found : found.slice(1);
      return { lock, places: places.slice(0, limit).map(placeOf) };
    },

    async lock(line, { eventId, owner, leaseUntilMs }, nowMs) {
      const row = {
        ev: eventId,
        ow: owner,
        lu: leaseUntilMs,
        ttl: ttlAt(leaseUntilMs + LOCK_KEPT_MS),
      };
      const isFree = conditions.isFreeFor(owner, nowMs);
      const { kind } = await putIf(store, keys.lineLock(lineName(line)), row, isFree);
      return kind === 'written' ? 'taken' : 'refused';
    },

    async unlock(line, owner) {
      await removeIf(store, keys.lineLock(lineName(line)), conditions.isOwnedBy(owner));
    },
  };
}

function placeOf({ sk, ty }: Item): Place {
  return { ...parsePlaceName(sk as string), type: ty as string };
}

function lockOf(row: Item): LineLock {
  const { ev, ow, lu } = row as { readonly ev: string; readonly ow: string; readonly lu: number };
  return { eventId: ev, owner: ow, leaseUntilMs: lu };
}
