import type { Fault } from '../kernel/faults.ts';
import type { Report } from '../kernel/simulate.ts';
import type { Run } from '../scenario/run.ts';

/** What happened in some seeds, in numbers that can be added. */
export interface Tally extends Readonly<Counts> {
  /** Faults that happened, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** How many kinds of them each seed met. */
  readonly kinds: readonly number[];
}

interface Counts {
  seeds: number;
  steps: number;
  virtualMs: number;
  invocations: number;
  commands: number;
  events: number;
  deliveries: number;
  delivered: number;
  failed: number;
  cancelled: number;
  /** Promised events that the API does not know, or knows otherwise. */
  lost: number;
  /** Deliveries that are not over. */
  stuck: number;
  /** Requests that receivers read. */
  requests: number;
  /** Requests that a receiver answered 2xx, having answered one of the same event so before. */
  duplicates: number;
}

export const NOTHING: Tally = {
  ...{ seeds: 0, steps: 0, virtualMs: 0, invocations: 0, commands: 0, events: 0, deliveries: 0 },
  ...{ delivered: 0, failed: 0, cancelled: 0, lost: 0, stuck: 0, requests: 0, duplicates: 0 },
  ...{ faults: {}, kinds: [] },
};

/** One that failed was not looked at to its end: of it only what had happened by then is counted. */
export function tallyOf({ book, audit, product }: Run, report: Report): Tally {
  const statuses = [...audit.deliveries.values()].map(({ status }) => status);
  const of = (status: string) => statuses.filter((one) => one === status).length;
  const [delivered, failed, cancelled] = [of('delivered'), of('failed'), of('cancelled')];
  const invocations = Object.values(product.functions).map(({ counts }) => counts.invocations);
  const faults = countsOf(report.faults);
  return {
    ...{ seeds: 1, steps: report.steps, virtualMs: report.ranMs },
    invocations: invocations.reduce((sum, count) => sum + count, 0),
    commands: product.db.model.spent.commands,
    events: book.accepted.size,
    ...{ deliveries: statuses.length, delivered, failed, cancelled },
    lost: audit.lost.length + audit.changed.length,
    stuck: statuses.length - delivered - failed - cancelled,
    requests: product.receivers.ledger.length,
    duplicates: duplicatesIn(product.receivers.ledger),
    ...{ faults, kinds: [Object.keys(faults).length] },
  };
}

export function countsOf(faults: readonly Fault[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of faults) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function duplicatesIn(ledger: Run['product']['receivers']['ledger']): number {
  const taken = new Set<string>();
  let duplicates = 0;
  for (const { host, headers, status } of ledger) {
    if (status === null || status < 200 || status > 299) continue;
    // A request for an access token is of no event.
    if (headers['webhook-id'] === undefined) continue;
    const what = `${host} ${headers['webhook-id']}`;
    if (taken.has(what)) duplicates += 1;
    taken.add(what);
  }
  return duplicates;
}

export function sumOf(a: Tally, b: Tally): Tally {
  const add = (of: (tally: Tally) => number) => of(a) + of(b);
  const faults: Record<string, number> = { ...a.faults };
  for (const [kind, count] of Object.entries(b.faults)) {
    faults[kind] = (faults[kind] ?? 0) + count;
  }
  return {
    seeds: add((one) => one.seeds),
    steps: add((one) => one.steps),
    virtualMs: add((one) => one.virtualMs),
    invocations: add((one) => one.invocations),
    commands: add((one) => one.commands),
    events: add((one) => one.events),
    deliveries: add((one) => one.deliveries),
    delivered: add((one) => one.delivered),
    failed: add((one) => one.failed),
    cancelled: add((one) => one.cancelled),
    lost: add((one) => one.lost),
    stuck: add((one) => one.stuck),
    requests: add((one) => one.requests),
    duplicates: add((one) => one.duplicates),
    ...{ faults, kinds: [...a.kinds, ...b.kinds] },
  };
}
