import type { Page } from '../../app/ports.ts';
import type { RangeReader } from './ranges.ts';
import type { Item } from './store.ts';

/** Partitions that are read at the same time. */
const READS_AT_ONCE_MAX = 32;
/** Fewer rows than this are not worth a request. */
const ROWS_PER_READ_MIN = 8;

export interface Merge {
  readonly readers: readonly RangeReader[];
  readonly order: 'ascending' | 'descending';
  /** Where a row stands in the whole; no two rows stand at the same place. */
  readonly position: (row: Item) => string;
  /** The place at which the page before ended; nothing up to it is given again. */
  readonly after?: string;
}

interface Lane {
  readonly reader: RangeReader;
  rows: readonly Item[];
  used: number;
  done: boolean;
}

/** Sorted partitions as one sorted sequence, read only as far as it is asked for. */
export function merged(merge: Merge): { take(count: number): Promise<readonly Item[]> } {
  const lanes: readonly Lane[] = merge.readers.map((reader) => ({
    reader,
    rows: [],
    used: 0,
    done: false,
  }));
  return {
    async take(count) {
      // Shards are even, so twice a lane's share is mostly enough for the whole page.
      const share = Math.ceil((2 * count) / Math.max(lanes.length, 1));
      const taken: Item[] = [];
      while (taken.length < count) {
        await refill(lanes, Math.max(share, ROWS_PER_READ_MIN));
        const lane = foremost(lanes, merge);
        if (lane === undefined) break;
        const row = lane.rows[lane.used++];
        if (row !== undefined && isBeyond(merge, merge.position(row))) taken.push(row);
      }
      return taken;
    },
  };
}

function isBeyond({ order, after }: Merge, position: string): boolean {
  if (after === undefined) return true;
  return order === 'ascending' ? position > after : position < after;
}

async function refill(lanes: readonly Lane[], limit: number): Promise<void> {
  const empty = lanes.filter((lane) => !lane.done && lane.used === lane.rows.length);
  for (let from = 0; from < empty.length; from += READS_AT_ONCE_MAX) {
    await Promise.all(
      empty.slice(from, from + READS_AT_ONCE_MAX).map(async (lane) => {
        const rows = await lane.reader.next(limit);
        lane.done = rows === undefined;
        lane.rows = rows ?? [];
        lane.used = 0;
      }),
    );
  }
}

function foremost(lanes: readonly Lane[], { order, position }: Merge): Lane | undefined {
  let best: Lane | undefined;
  let bestPosition = '';
  for (const lane of lanes) {
    const row = lane.rows[lane.used];
    if (row === undefined) continue;
    const at = position(row);
    const isAhead = order === 'ascending' ? at < bestPosition : at > bestPosition;
    if (best === undefined || isAhead) {
      best = lane;
      bestPosition = at;
    }
  }
  return best;
}

/** One page of the sequence: one row more is read, so that `next` is there only if there is more. */
export async function pageOf<T>(
  merge: Merge,
  limit: number,
  decode: (row: Item) => T,
): Promise<Page<T>> {
  const rows = await merged(merge).take(limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last !== undefined ? merge.position(last) : undefined;
  return { items: page.map(decode), next };
}
