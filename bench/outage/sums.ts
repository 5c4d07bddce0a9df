import type { Entry } from '../units/ledger.ts';

/** Requests to the tables and their units: a hundred thousand deliveries make too many entries. */
export interface TableUse {
  readonly writes: number;
  readonly writeUnits: number;
  readonly reads: number;
  readonly readUnits: number;
  /** By operation and table, or index. */
  readonly lines: Readonly<Record<string, { readonly requests: number; readonly units: number }>>;
}

export interface Sums {
  add(entry: Entry): void;
  /** All since the last look. */
  take(): TableUse;
}

export function sums(): Sums {
  let use = empty();
  return {
    add({ kind, operation, shares }) {
      if (kind === 'sqs') return;
      use[kind === 'write' ? 'writes' : 'reads'] += 1;
      for (const [i, { resource, units }] of shares.entries()) {
        use[kind === 'write' ? 'writeUnits' : 'readUnits'] += units;
        const name = `${operation} ${resource}`;
        const line = use.lines[name] ?? { requests: 0, units: 0 };
        const requests = line.requests + (i === 0 ? 1 : 0);
        use.lines[name] = { requests, units: line.units + units };
      }
    },
    take() {
      const taken = use;
      use = empty();
      return taken;
    },
  };
}

function empty() {
  const lines: Record<string, { requests: number; units: number }> = {};
  return { writes: 0, writeUnits: 0, reads: 0, readUnits: 0, lines };
}
