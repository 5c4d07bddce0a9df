import type { RangeReader } from './ranges.ts';
import type { Item } from './store.ts';

/** Pages that rows with one and the same sort key may fill; beyond, they come in no order. */
const PAGES_OF_TIES_MAX = 100;

/**
 * A range whose rows with equal sort keys come in the order of their positions: an index leaves
 * their order open, and a page that goes on after a position must neither skip nor repeat any.
 */
export function tiesInOrder(
  reader: RangeReader,
  sortKey: string,
  position: (row: Item) => string,
): RangeReader {
  let waiting: readonly Item[] = [];
  let done = false;
  const inOrder = (rows: readonly Item[]) =>
    rows.toSorted((a, b) => (position(a) < position(b) ? -1 : 1));
  return {
    async next(limit) {
      for (let page = 0; page < PAGES_OF_TIES_MAX && !done; page++) {
        const rows = await reader.next(limit);
        done = rows === undefined;
        waiting = [...waiting, ...(rows ?? [])];
        // More of the last key may be on the next page.
        const last = waiting.at(-1)?.[sortKey];
        const ready = waiting.filter((row) => row[sortKey] !== last);
        if (done || ready.length === 0) continue;
        waiting = waiting.filter((row) => row[sortKey] === last);
        return inOrder(ready);
      }
      const rest = inOrder(waiting);
      waiting = [];
      return rest.length > 0 ? rest : undefined;
    },
  };
}
