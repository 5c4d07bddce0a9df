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
 * key's tenant and every filter, so that it cannot be carried to another list.
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
  const { items, next } = await read({ after: trail.at(-1), limit });
  return { data: items.map(view), ...pageCursors(trail, next, scope, key) };
}

function scopeOf({ route, params, principal }: KeyedRequest, query: Query): string {
  const filters = [...query].filter(([name]) => name !== 'limit' && name !== 'cursor').sort();
  return JSON.stringify([route, Object.entries(params), principal.tenant ?? null, filters]);
}
