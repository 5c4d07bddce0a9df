import { agenda } from './agenda.ts';
import type { Table } from './table.ts';

/** What happens to the tables without a request: rows expire, and late requests arrive. */
export interface Timeline {
  /** The time at which things are done: now, or that of the late request being carried out. */
  nowMs(): number;
  /** Does all that time has brought, each at its time. Returns now. */
  settle(): number;
  /** Plans what is done then, whoever may have died meanwhile. */
  later(inMs: number, work: () => unknown): void;
}

export function timeline(clock: { nowMs(): number }, tables: ReadonlyMap<string, Table>): Timeline {
  const late = agenda<() => unknown>();
  const all = [...tables.values()];
  /** While a late request is carried out, the time of its arrival. */
  let arrivedMs: number | undefined;

  const arrive = () => {
    const due = late.take(Number.POSITIVE_INFINITY);
    arrivedMs = due?.atMs;
    try {
      due?.what();
    } finally {
      arrivedMs = undefined;
    }
  };

  return {
    nowMs: () => arrivedMs ?? clock.nowMs(),
    later: (inMs, work) => late.plan(clock.nowMs() + inMs, work),
    settle() {
      if (arrivedMs !== undefined) return arrivedMs;
      const nowMs = clock.nowMs();
      for (let nextMs = firstOf(all, late.firstMs()); nextMs <= nowMs; ) {
        const expiring = all.find((table) => table.nextExpiryMs() <= nextMs);
        if (expiring === undefined) arrive();
        else expiring.expireNext(nextMs);
        nextMs = firstOf(all, late.firstMs());
      }
      return nowMs;
    },
  };
}

function firstOf(tables: readonly Table[], lateMs: number): number {
  let firstMs = lateMs;
  for (const table of tables) firstMs = Math.min(firstMs, table.nextExpiryMs());
  return firstMs;
}
