import type { Clock, Page } from '../../app/ports.ts';
import type { BreakerRef, Transition } from '../../domain/breaker.ts';
import { pageOf } from './merge.ts';
import { readRange, startingWith } from './ranges.ts';
import { put, type Store } from './store.ts';
import { keys, ttlAt } from './table.ts';
import { packTransition, unpackTransition } from './transition-text.ts';

const KEPT_MS = 90 * 86_400_000;

export async function recordTransition(
  store: Store,
  ref: BreakerRef,
  transition: Transition,
): Promise<void> {
  await put(store, keys.transition(ref, transition.version), {
    la: packTransition(transition),
    ttl: ttlAt(transition.atMs + KEPT_MS),
  });
}

/** Newest first; what is older than 90 days is not there, also before DynamoDB deletes it. */
export async function readBreakerHistory(
  store: Store,
  clock: Pick<Clock, 'nowMs'>,
  ref: BreakerRef,
  { after, limit }: { readonly after?: string; readonly limit: number },
): Promise<Page<Transition>> {
  const [low, high] = startingWith('H#');
  const reader = readRange(store.db, {
    table: store.table,
    partition: ['pk', keys.breaker(ref).pk],
    sort: ['sk', low, after ?? high],
    order: 'descending',
    consistent: true,
  });
  const page = await pageOf(
    {
      readers: [reader],
      order: 'descending',
      position: (row) => row.sk as string,
      ...(after !== undefined && { after }),
    },
    limit,
    (row) => unpackTransition(row.la as string),
  );
  const overMs = clock.nowMs() - KEPT_MS;
  const items = page.items.filter(({ atMs }) => atMs > overMs);
  // They are in the order of time: after the first that is over there are no others.
  return { items, next: items.length < page.items.length ? undefined : page.next };
}
