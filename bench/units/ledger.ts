import { sum } from '../statistics.ts';

/** One request of a client, with what it took. */
export interface Entry {
  readonly caller: string;
  readonly operation: string;
  readonly kind: 'write' | 'read' | 'sqs';
  /** Table, `table/index`, or queue; a write has a share for each resource it touched. */
  readonly shares: readonly Share[];
  /** What the stand-in says of the whole request; undefined where it says nothing. */
  readonly standIn?: number;
  /** Size of the item or of the messages. */
  readonly bytes: number;
}

export interface Share {
  readonly resource: string;
  readonly partition: string;
  readonly units: number;
}

/** What was asked since the last look, summed up in the ways that the bench shows. */
export interface Ledger {
  add(entry: Entry): void;
  /** All entries so far; the ledger is empty afterwards. */
  take(): readonly Entry[];
}

export function ledger(): Ledger {
  let entries: Entry[] = [];
  return {
    add: (entry) => void entries.push(entry),
    take() {
      const taken = entries;
      entries = [];
      return taken;
    },
  };
}

export function unitsOf(entries: readonly Entry[], kind: Entry['kind']): number {
  return sum(
    entries
      .filter((entry) => entry.kind === kind)
      .flatMap((entry) => entry.shares.map((share) => share.units)),
  );
}

/** Units by caller, operation and resource, the most expensive first. */
export function breakdown(entries: readonly Entry[], per: number) {
  const lines = new Map<string, { requests: number; units: number }>();
  for (const { caller, operation, shares } of entries) {
    for (const [i, { resource, units }] of shares.entries()) {
      const name = `${caller} ${operation} ${resource}`;
      const line = lines.get(name) ?? { requests: 0, units: 0 };
      lines.set(name, { requests: line.requests + (i === 0 ? 1 : 0), units: line.units + units });
    }
  }
  return [...lines]
    .toSorted(([, a], [, b]) => b.units - a.units)
    .map(([what, { requests, units }]) => ({
      what,
      requestsEach: round(requests / per),
      unitsEach: round(units / per),
    }));
}

/** The share of a resource's units that fall to its busiest partition key, by resource. */
export function hottest(entries: readonly Entry[], kind: 'write' | 'read') {
  const byResource = new Map<string, Map<string, number>>();
  for (const { shares } of entries.filter((entry) => entry.kind === kind)) {
    for (const { resource, partition, units } of shares) {
      const keys = byResource.get(resource) ?? new Map<string, number>();
      keys.set(partition, (keys.get(partition) ?? 0) + units);
      byResource.set(resource, keys);
    }
  }
  return [...byResource].map(([resource, keys]) => {
    const [key, units] = [...keys].reduce((most, next) => (next[1] > most[1] ? next : most));
    const total = sum(keys.values());
    return { resource, keys: keys.size, key, units: total, share: round(units / total) };
  });
}

/** How often the stand-in's own arithmetic agrees, and the first cases in which it does not. */
export function agreement(entries: readonly Entry[]) {
  const said = entries.filter((entry) => entry.standIn !== undefined);
  const differs = said.filter(
    (entry) => entry.standIn !== sum(entry.shares.map((share) => share.units)),
  );
  return { compared: said.length, differing: differs.length, examples: differs.slice(0, 5) };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
