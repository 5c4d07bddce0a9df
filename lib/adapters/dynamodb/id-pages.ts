import type { Page } from '../../app/ports.ts';
import { TABLES } from '../../names.ts';
import { type RangeReader, readRange } from './ranges.ts';
import type { Item, Store } from './store.ts';
import { type Kind, keys } from './table.ts';

const KIND = TABLES.registry.indexes.kind;
/** Ids are lower-case letters, digits and `_`; these sort around all of them. */
export const BEFORE_IDS = ' ';
export const AFTER_IDS = '~';

/** Everything of one kind, of all tenants, newest first: ids sort by time of creation. */
export function ofKind(store: Store, kind: Kind, after: string = AFTER_IDS): RangeReader {
  return readRange(store.db, {
    table: store.table,
    index: KIND.name,
    partition: [KIND.partitionKey, kind],
    sort: [KIND.sortKey, BEFORE_IDS, after],
    order: 'descending',
  });
}

/** A tenant's resources, newest first. Strongly consistent. */
export function ofTenant(
  store: Store,
  tenant: string,
  prefix: string,
  after: string = AFTER_IDS,
): RangeReader {
  const low = keys.resource(tenant, prefix, BEFORE_IDS);
  return readRange(store.db, {
    table: store.table,
    partition: ['pk', low.pk],
    sort: ['sk', low.sk, keys.resource(tenant, prefix, after).sk],
    order: 'descending',
    consistent: true,
  });
}

/** Reads made for one page that a filter thins out. */
const READS_MAX = 20;
/**
 * Rows of each but the first: were they as few as the page, one that a tenant sees little of would
 * end early, and tell how much there is of others.
 */
const THINNED_READ_MIN = 100;

export interface PageQuery<T> {
  readonly decode: (item: Item) => T;
  readonly matches: (value: T) => boolean;
  readonly after: string | undefined;
  readonly limit: number;
}

/** One page of what matches; where few do it may be short and still have a `next`. */
export async function pageById<T extends { readonly id: string }>(
  reader: RangeReader,
  { decode, matches, after, limit }: PageQuery<T>,
): Promise<Page<T>> {
  const found: T[] = [];
  let seen: string | undefined;
  for (let read = 0; read < READS_MAX && found.length <= limit; read++) {
    // One more than the page, to know whether it is the last, and one for `after` itself.
    const items = await reader.next(Math.max(limit + 2, read === 0 ? 0 : THINNED_READ_MIN));
    if (items === undefined) return { items: found, next: undefined };
    const values = items.map(decode).filter((value) => value.id !== after);
    seen = values.at(-1)?.id ?? seen;
    found.push(...values.filter(matches));
  }
  const page = found.slice(0, limit);
  return { items: page, next: found.length > limit ? page.at(-1)?.id : seen };
}
