import type { PageWanted } from '../app/event-lists.ts';
import type { Page } from '../app/ports.ts';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, pageCursors, readCursor } from '../domain/page.ts';
import { limitOf, type Query } from './query.ts';
import type { KeyedRequest } from './request.ts';

/** The query parameters that every list takes. */
export const LIST_PARAMETERS = ['limit', 'cursor', 'tenant'] as const;

export interface CursorDeps {
  /** The key that cursors are signed with. */
  readonly cursorKey: () => Promise<Uint8Array>;
}

export interface Listed<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
  readonly prevCursor: string | null;
}

export interface Limits {
  readonly max: number;
  readonly otherwise: number;
}

const JSON_LIMITS: Limits = { max: PAGE_LIMIT_MAX, otherwise: PAGE_LIMIT_DEFAULT };

/**
 * One page of a list, with the cursors to both sides. A cursor is signed for the route, the
 * key's tenant and every filter, so that it cannot be carried to another list. Of large rows it has
 * fewer than the limit says.
 */
export async function listed<T, V>(
  deps: CursorDeps,
  request: KeyedRequest,
  query: Query,
  read: (page: PageWanted) => Promise<Page<T>>,
  view: (item: T) => V,
  limits: Limits = JSON_LIMITS,
): Promise<Listed<V>> {
  const limit = limitOf(query, limits.max, limits.otherwise);
  const key = await deps.cursorKey();
  const scope = scopeOf(request, query);
  const cursor = query.get('cursor');
  const trail = cursor === undefined ? [] : readCursor(cursor, scope, key);
  const after = trail.at(-1);
  const { data, next } = await fitting(async (rows) => {
    const page = await read({ after, limit: rows });
    return { data: page.items.map(view), next: page.next };
  }, limit);
  return { data, ...pageCursors(trail, next, scope, key) };
}

/** A function may answer 6 MB: of what is compressed it would be base64, a third more. */
const PAGE_BYTES_MAX = 4_000_000;
/** Each asks for fewer rows than the one before; the last for a single one. */
const READS_MAX = 4;

interface Rows<V> {
  readonly data: readonly V[];
  readonly next: string | undefined;
}

/** As many rows as there may be and fit into an answer; it takes another read where they do not. */
async function fitting<V>(
  read: (limit: number) => Promise<Rows<V>>,
  limit: number,
): Promise<Rows<V>> {
  let rows = await read(limit);
  for (let reads = 1; reads < READS_MAX; reads++) {
    const fit = countFitting(rows.data);
    if (fit === rows.data.length) break;
    // Only a read that ends there knows where the next page begins.
    rows = await read(reads === READS_MAX - 1 ? 1 : fit);
  }
  return rows;
}

/** How many of the first fit, one at least: as the text in JSON that a function answers with. */
function countFitting(views: readonly unknown[]): number {
  let bytes = 0;
  const over = views.findIndex((view) => {
    bytes += Buffer.byteLength(JSON.stringify(JSON.stringify(view)));
    return bytes > PAGE_BYTES_MAX;
  });
  return over < 0 ? views.length : Math.max(over, 1);
}

function scopeOf({ route, params, principal }: KeyedRequest, query: Query): string {
  const filters = [...query].filter(([name]) => name !== 'limit' && name !== 'cursor').sort();
  return JSON.stringify([route, Object.entries(params), principal.tenant ?? null, filters]);
}
