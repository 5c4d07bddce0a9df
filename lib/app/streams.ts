import { concurrently } from './concurrently.ts';
import type { Page } from './ports.ts';

/** A list that is read only as far as somebody asks, newest first. */
export type Stream<T> = AsyncGenerator<T, void, void>;

/** Pages that one request reads from one list at most: far more than the budgets of its callers. */
const PAGES_MAX = 400;

/** The items of a paged list, page after page. */
export async function* itemsOf<T>(
  read: (after: string | undefined) => Promise<Page<T>>,
): Stream<T> {
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { items, next } = await read(after);
    yield* items;
    if (next === undefined) return;
    after = next;
  }
  throw new RangeError(`A list did not end within ${PAGES_MAX} pages.`);
}

/** What is there already, as a list like the others. */
export async function* eachOf<T>(items: readonly T[]): Stream<T> {
  yield* items;
}

/** At most the first `count` items. */
export async function* first<T>(stream: Stream<T>, count: number): Stream<T> {
  let left = count;
  for await (const item of stream) {
    if (left-- <= 0) return;
    yield item;
  }
}

/** Makes of each item none, one or more; `width` items are worked on at a time, order is kept. */
export async function* expanded<T, R>(
  stream: Stream<T>,
  width: number,
  work: (item: T) => Promise<readonly R[]>,
): Stream<R> {
  let chunk: T[] = [];
  for await (const item of stream) {
    chunk.push(item);
    if (chunk.length < width) continue;
    yield* (await concurrently(chunk, width, work)).flat();
    chunk = [];
  }
  yield* (await concurrently(chunk, width, work)).flat();
}

/** Descending streams as one; of what stands at the same place only the earlier stream's is given. */
export async function* merged<P extends Placed<unknown>>(streams: readonly Stream<P>[]): Stream<P> {
  const heads = await Promise.all(streams.map((stream) => stream.next()));
  let last: string | undefined;
  for (;;) {
    let best = -1;
    let bestPlace = '';
    heads.forEach((head, i) => {
      if (head.done) return;
      const { place } = head.value;
      if (best >= 0 && place <= bestPlace) return;
      best = i;
      bestPlace = place;
    });
    const head = heads[best];
    const stream = streams[best];
    if (head === undefined || head.done || stream === undefined) return;
    if (bestPlace !== last) yield head.value;
    last = bestPlace;
    heads[best] = await stream.next();
  }
}

/** Something at its place in a list; a place without an item is one that was looked at. */
export interface Placed<T> {
  readonly place: string;
  readonly item?: T;
}

export interface PageRule<T> {
  /** The place of the last item of the page before. */
  readonly after: string | undefined;
  readonly wanted: (item: T) => boolean;
  readonly limit: number;
  /** Places that may be looked at; when they are spent, the page is short but has a `next`. */
  readonly budget: number;
}

/** One page of a descending stream. `next` is undefined only when there is nothing more. */
export async function pageOf<T>(stream: Stream<Placed<T>>, rule: PageRule<T>): Promise<Page<T>> {
  const items: T[] = [];
  let seen = 0;
  let last: string | undefined;
  for await (const { place, item } of stream) {
    // What shares its millisecond with the end of the page before comes again, and costs nothing.
    if (rule.after !== undefined && place >= rule.after) continue;
    if (seen === rule.budget) return { items, next: last };
    seen += 1;
    const wanted = item !== undefined && rule.wanted(item);
    if (items.length === rule.limit) {
      if (wanted) return { items, next: last };
      continue;
    }
    last = place;
    if (wanted) items.push(item);
  }
  return { items, next: undefined };
}
