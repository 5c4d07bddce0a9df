import type { TimeRange } from '../../app/ports-history.ts';
import { TABLES } from '../../names.ts';
import type { Merge } from './merge.ts';
import { readRange } from './ranges.ts';
import type { Item, Store, StoreOptions } from './store.ts';
import { retentionMs, sortableMs } from './table.ts';

type Age = Pick<StoreOptions, 'clock' | 'retentionDays'>;

/** What was accepted at this time or before is over: not read any more, and free to be stored anew. */
export function overSinceMs({ clock, retentionDays }: Age): number {
  return clock.nowMs() - retentionMs(retentionDays);
}

export function isOver(item: Item, age: Age): boolean {
  return (item.at as number) <= overSinceMs(age);
}

const INDEXES = TABLES.history.indexes;
const END_OF_TIME = '~';

export interface TimelineQuery {
  readonly index: 'timeline' | 'status';
  readonly partitions: readonly string[];
  readonly range: TimeRange;
  readonly order: 'ascending' | 'descending';
  /** The position at which the page before ended. */
  readonly after?: string;
}

/** The rows of some partitions of an index by time of acceptance, without what is over. */
export function timeline(store: Store, age: Age, query: TimelineQuery): Merge {
  const index = INDEXES[query.index];
  const { sinceMs = 0, untilMs } = query.range;
  // A bare time sorts before everything that was accepted at it: in at the start, out at the end.
  const since = sortableMs(Math.max(sinceMs, overSinceMs(age) + 1));
  const until = untilMs === undefined ? END_OF_TIME : sortableMs(untilMs);
  const { after, order } = query;
  const low = order === 'ascending' && after !== undefined && after > since ? after : since;
  const high = order === 'descending' && after !== undefined && after < until ? after : until;
  return {
    readers: query.partitions.map((partition) =>
      readRange(store.db, {
        table: store.table,
        index: index.name,
        partition: [index.partitionKey, partition],
        sort: [index.sortKey, low, high],
        order: query.order,
      }),
    ),
    order: query.order,
    position: (row) => row[index.sortKey] as string,
    ...(after !== undefined && { after }),
  };
}
